/**
 * Where the compiled file of a worker lies. Workers are started from JavaScript: when this module itself runs from
 * src/ (tests), the counterpart in dist/ is meant, which the test set-up has just built.
 *
 * @param besides `import.meta.url` of the module that starts the worker
 * @param name file name without extension
 */
export function workerFile(besides: string, name: string): URL {
  const source = new URL(`./${name}.js`, besides);
  if (!besides.endsWith('.ts')) return source;
  const [root, rest] = source.href.split(/\/src\/(?!.*\/src\/)/);
  return new URL(`${root}/dist/src/${rest}`);
}
