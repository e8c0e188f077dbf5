// Every name that src/index.ts exports has a doc comment of its own where it is declared; so has every function and class
// that files of the inner folders export, but for the one that a file with a header is named after. Reads syntax only: no
// types are resolved, so that it takes seconds.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';

const INDEX = 'src/index.ts';
const INNER = ['market', 'analysis', 'backtest', 'data', 'platform'].map((name) => join('src', name));
const parse = (file) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);

/** The statements of a file by the names they declare; an overloaded function has several. */
function declarations(file) {
  const found = new Map();
  for (const statement of parse(file).statements) {
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText())
      : [statement.name?.text];
    for (const name of names) found.set(name, [...(found.get(name) ?? []), statement]);
  }
  return found;
}

const findings = [];
let names = 0;
for (const { exportClause, moduleSpecifier } of parse(INDEX).statements) {
  if (!exportClause) continue;
  const file = join(dirname(INDEX), moduleSpecifier.text.replace(/\.js$/, '.ts'));
  const declared = declarations(file);
  for (const { name, propertyName } of exportClause.elements) {
    names += 1;
    const own = declared.get((propertyName ?? name).text) ?? [];
    if (own.length === 0) findings.push(`${file}: ${name.text} is not declared here`);
    else if (!own.some((statement) => ts.getJSDocCommentsAndTags(statement).length > 0))
      findings.push(`${file}: ${name.text} has no doc comment`);
  }
}
/** Letters and digits of a name, so that `KMeansModel` is what `kmeans-model.ts` is named after. */
const plain = (name) => name.replace(/[^a-z0-9]/gi, '').toLowerCase();
const isDocumented = (statement) => ts.getJSDocCommentsAndTags(statement).length > 0;
let inner = 0;
for (const folder of INNER) {
  for (const entry of readdirSync(folder, { recursive: true })) {
    if (!/\.ts$/.test(entry) || /\.(test|contract|fixture|d)\.ts$/.test(entry)) continue;
    const file = join(folder, entry);
    const { statements, text } = parse(file);
    const documented = new Set(statements.filter(isDocumented).map(({ name }) => name?.text));
    for (const statement of statements) {
      const isKept = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
      const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (!isKept || !isExported) continue;
      inner += 1;
      const name = statement.name.text;
      const isHeaded = text.startsWith('/**') && plain(name) === plain(basename(file, '.ts'));
      if (!documented.has(name) && !isHeaded) findings.push(`${file}: ${name} has no doc comment`);
    }
  }
}
for (const finding of findings) console.error(finding);
console.log(
  findings.length === 0
    ? `all ${names} public names and ${inner} inner functions and classes are documented`
    : `${findings.length} findings`,
);
process.exit(findings.length === 0 ? 0 : 1);
