/**
 * Records of version 1, brought to the present shape. Version 1 held Gaussian HMMs only, kept the transitions inside
 * the parameters and chose K by BIC. Nothing is checked here: the caller parses the result.
 */

/** @param json a record that says it is of version 1; anything else comes back as it is */
export function upgradeRecord(json: unknown): unknown {
  const old = json as Partial<Record<string, Record<string, unknown>>>;
  const { config, diagnostics, params } = old;
  if (!config || !diagnostics || !params) return json;
  const candidates = Array.isArray(diagnostics.candidates) ? diagnostics.candidates : [];
  return {
    ...old,
    schema_version: 2,
    model: 'hmm',
    causal: true,
    config: { ...config, selection: candidates.length > 1 ? 'bic' : 'given', settings: {} },
    transition_matrix: params.transition_matrix,
    diagnostics: {
      ...diagnostics,
      objective: { name: 'log-likelihood', value: diagnostics.loglik_train },
      candidates: candidates.map((candidate) => ({ ...UNKNOWN, ...candidate })),
    },
  };
}

/** What version 1 did not keep of a candidate. */
const UNKNOWN = {
  n_params: null,
  aic: null,
  icl: null,
  oos_loglik_per_row: null,
  oos_shortfall: null,
  oos_standard_error: null,
};
