// Every name that src/index.ts exports has a doc comment of its own where it is declared. Reads syntax only: no types
// are resolved, so that it stays below a second.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const INDEX = 'src/index.ts';
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
for (const finding of findings) console.error(finding);
console.log(
  findings.length === 0 ? `all ${names} public names are documented` : `${findings.length} findings`,
);
process.exit(findings.length === 0 ? 0 : 1);
