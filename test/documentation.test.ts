/** What the pages point to is there: files, pictures, headings, commands with their flags, scripts of the package. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../src/app/cli/program.js';

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'bench/README.md',
  'data/sample/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const program = buildProgram();
const textOf = (page: string): string => readFileSync(page, 'utf8');

/** Headings as the addresses that a rendered page gives them. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\-_ ]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Targets of links and pictures, in Markdown and in HTML, that are no web addresses. */
const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
    .map(([, inMarkdown, inHtml]) => (inMarkdown ?? inHtml)!)
    .filter((link) => !/^(https?|mailto):/.test(link));

/** Command lines in blocks of shell and in running text. */
function commandLinesOf(text: string): string[] {
  const blocks = [...text.matchAll(/```(?:sh|bash)\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!.replaceAll('\\\n', ' ').split('\n'),
  );
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code]) => code!,
  );
  return [...blocks, ...inline].flatMap((line) => line.split(/ \| | && |; | # /)).map((line) => line.trim());
}

/** What is wrong with a command line of this program; undefined when nothing is. */
function wrongWith(line: string): string | undefined {
  const words = line.replace(/^(npx )?tidewatch\s*/, '').split(/\s+/);
  let command: Command = program;
  const flags = new Set(['--help', '-h', '--version', '-V']);
  for (;;) {
    for (const { long, short } of command.options)
      for (const flag of [long, short]) if (flag) flags.add(flag);
    const next = command.commands.find((each) => each.name() === words[0]);
    if (next === undefined) break;
    words.shift();
    command = next;
  }
  const isGroup = command.commands.length > 0 && command.registeredArguments.length === 0;
  if (isGroup && /^[a-z][a-z-]*$/.test(words[0] ?? '')) return `no command ${words[0]}`;
  const unknown = words
    .map((word) => word.split('=')[0]!)
    .find((word) => /^--[a-z]/.test(word) && !flags.has(word));
  return unknown === undefined ? undefined : `no flag ${unknown}`;
}

describe.each(PAGES)('%s', (page) => {
  it('links to files, pictures and headings that exist', () => {
    const dangling = linksOf(textOf(page)).filter((link) => {
      const [path, anchor] = link.split('#') as [string, string?];
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
    });
    expect(dangling).toEqual([]);
  });

  it('names commands, flags and scripts that exist', () => {
    const lines = commandLinesOf(textOf(page));
    const commands = lines.filter((line) => /^(npx )?tidewatch( |$)/.test(line));
    const wrong = commands.flatMap((line) => {
      const reason = wrongWith(line);
      return reason === undefined ? [] : [`${line}: ${reason}`];
    });
    expect(wrong).toEqual([]);
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const asked = lines.flatMap(
      (line) => /(?:^|\s)npm run (?:--silent )?([a-z][\w:-]*)/.exec(line)?.[1] ?? [],
    );
    expect(asked.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });
});

it('the map of the architecture has every folder of the source', () => {
  const map = textOf('docs/concepts/architecture.md');
  const folders = ['src/analysis', 'src/backtest', 'src/platform', 'src/data', 'src/app', 'web/src'].flatMap(
    (parent) =>
      readdirSync(parent, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${parent}/${name}/`),
  );
  expect(folders.length).toBeGreaterThan(40);
  expect(folders.filter((folder) => !map.includes(`\`${folder}\``))).toEqual([]);
  const named = [...map.matchAll(/`((?:src|web|test|bench)\/[^`]*)`/g)].map(([, path]) => path!);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});

it('sees a command, a flag and a heading that do not exist', () => {
  expect(wrongWith('npx tidewatch fetch everything')).toBe('no command everything');
  expect(wrongWith('tidewatch lake gaps --mend')).toBe('no flag --mend');
  expect(wrongWith('tidewatch lake gaps --repair')).toBeUndefined();
  expect(anchorsOf('docs/reference/errors.md')).toContain('bad_parameter');
  expect(
    PAGES.flatMap((page) => commandLinesOf(textOf(page)).filter((line) => wrongWith(line) === undefined))
      .length,
  ).toBeGreaterThan(100);
  expect(PAGES.flatMap((page) => linksOf(textOf(page))).length).toBeGreaterThan(50);
});
