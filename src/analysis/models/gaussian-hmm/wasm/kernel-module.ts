/**
 * The compiled kernels: one static module for every size, built by scripts/hmm-kernel from readable text and embedded
 * as base64, so that this folder stays free of file reads. Compiled on first use, under a millisecond; works under
 * `--disallow-code-generation-from-strings`, is absent under `--jitless`.
 */
import { KERNEL_BINARY } from './kernel-binary.js';

/** Most features and most states that have a kernel. */
export const LARGEST_KERNEL = 8;

type Kernel = (...integers: number[]) => number;

/** The kernels of one (features, states, covariance) choice; all arguments are byte addresses or byte counts. */
export interface Kernels {
  /** (row-major rows, out, bytes): rows by pairs, feature by feature. */
  readonly pairs: Kernel;
  /** (x, parameter record, out, bytes): log densities of one state. */
  readonly emission: Kernel;
  /** (columns, maxima, bytes, rows) → Σ of the row maxima; columns become exp(b − m). */
  readonly exponentials: Kernel;
  /** (e, α, state, A, bytes) */
  readonly forward: Kernel;
  /** (e, α, u, state, A, bytes) */
  readonly forwardKeep: Kernel;
  /** (e, β, state, A, bytes) */
  readonly backward: Kernel;
  /** (e, β, v, state, A, bytes) */
  readonly backwardKeep: Kernel;
  /** A forward and a backward run of equally many rows in one loop: (forward arguments, backward arguments, A, bytes). */
  readonly both: Kernel;
  readonly bothKeep: Kernel;
  /** (α, β, γ, a, bytes) → smallest Σαβ. */
  readonly posteriorBackward: Kernel;
  /** (α, β, γ, b, e, bytes) → smallest Σαβ. */
  readonly posteriorForward: Kernel;
  /** (left columns, right columns, out, bytes): K × K sums of products. */
  readonly transitions: Kernel;
  /** (γ_k, x, out, bytes): mass and moments of one state. */
  readonly moments: Kernel;
  /** (columns, bytes): rows scaled to sum 1. */
  readonly normalise: Kernel;
  /** (columns, out, bytes): row-major copy. */
  readonly interleave: Kernel;
  /** (b, state, ln A, origins, bytes) */
  readonly viterbi: Kernel;
}

let compiled: WebAssembly.Module | undefined;

/** False where the runtime has no WebAssembly, or none with the vector instructions that the kernels need. */
export function kernelsAvailable(): boolean {
  if (compiled) return true;
  if (typeof WebAssembly === 'undefined') return false;
  try {
    compiled = new WebAssembly.Module(Uint8Array.from(atob(KERNEL_BINARY), (char) => char.charCodeAt(0)));
    return true;
  } catch {
    return false;
  }
}

/**
 * One instance per memory: the callers' machine code may be bound to the functions of an instance and be dropped with
 * them, and a fit should not start by warming up again.
 */
const instances = new WeakMap<WebAssembly.Memory, WebAssembly.Exports>();

/** The kernels over `memory`; call only when `kernelsAvailable()`. */
export function instantiate(memory: WebAssembly.Memory): WebAssembly.Exports {
  let all = instances.get(memory);
  if (!all) {
    if (!kernelsAvailable()) throw new Error('no WebAssembly');
    all = new WebAssembly.Instance(compiled!, { tidewatch: { memory } }).exports;
    instances.set(memory, all);
  }
  return all;
}

/** The kernels of one size; they exist for up to 8 features and 8 states. */
export function selectKernels(
  all: WebAssembly.Exports,
  features: number,
  states: number,
  diagonal: boolean,
): Kernels {
  const kernel = (name: string, size: number): Kernel => all[`${name}_${size}`] as Kernel;
  const shape = diagonal ? 'diag' : 'full';
  return {
    pairs: kernel('pairs', features),
    emission: kernel(`emission_${shape}`, features),
    exponentials: kernel('exponentials', states),
    forward: kernel('forward', states),
    forwardKeep: kernel('forward_keep', states),
    backward: kernel('backward', states),
    backwardKeep: kernel('backward_keep', states),
    both: kernel('both', states),
    bothKeep: kernel('both_keep', states),
    posteriorBackward: kernel('posterior_backward', states),
    posteriorForward: kernel('posterior_forward', states),
    transitions: kernel('transitions', states),
    moments: kernel(`moments_${shape}`, features),
    normalise: kernel('normalise', states),
    interleave: kernel('interleave', states),
    viterbi: kernel('viterbi', states),
  };
}
