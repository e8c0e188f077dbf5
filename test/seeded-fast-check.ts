/**
 * What every suite gets for `import fc from 'fast-check'` (alias in vitest.config.ts): the library with one seed, so that
 * a run which is red is red for everybody, and again. `npm run test:nightly` draws new seeds and looks for new examples.
 */
import fc from '../node_modules/fast-check/lib/fast-check.js';

if (process.env.TIDEWATCH_TEST_PROFILE !== 'nightly') fc.configureGlobal({ seed: 20_240_229 });

export default fc;
