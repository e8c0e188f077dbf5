// The arrows of docs/concepts/architecture.md. A folder may import itself, src/errors.ts and what is listed here.
const ALLOWED = {
  market: [],
  analysis: ['market'],
  backtest: ['market', 'analysis', 'trading', 'platform'],
  trading: ['market', 'analysis', 'platform', 'data/venues'],
  data: ['market', 'analysis', 'platform'],
  platform: ['market', 'analysis'],
};

const directions = Object.entries(ALLOWED).map(([folder, targets]) => ({
  name: `${folder}-imports-only-${targets.join('-and-').replaceAll('/', '-') || 'itself'}`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/(${[folder, ...targets].join('|')})/`, '^src/errors\\.ts$'] },
}));

module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'errors-depends-on-nothing',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: { path: '.*' },
    },
    {
      name: 'pure-folders-do-no-input-or-output',
      severity: 'error',
      from: { path: '^src/(market|analysis)/', pathNot: '\\.test\\.ts$' },
      // zod is pure: it holds the schemas of the JSON that models and engines read and write
      to: { dependencyTypes: ['core', 'npm'], pathNot: 'node_modules/zod/' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'trading-reaches-venues-only-from-execution',
      severity: 'error',
      from: { path: '^src/trading/', pathNot: '^src/trading/execution/' },
      to: { path: '^src/data/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
