/** docs/reference/cli.md names what the program has, and nothing else. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from './program.js';

const page = readFileSync('docs/reference/cli.md', 'utf8');

/** Commands that do something, by their full name. */
function commandsOf(command: Command, path: readonly string[] = []): [string, Command][] {
  const acts = (command as unknown as { _actionHandler: unknown })._actionHandler !== null;
  return [
    ...(acts && path.length > 0 ? [[path.join(' '), command] as [string, Command]] : []),
    ...command.commands.flatMap((each) => commandsOf(each, [...path, each.name()])),
  ];
}

/** `### \`tidewatch lake sql\`` → its text. */
const sections = new Map(
  page
    .split(/^### `tidewatch /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('`')), text.slice(text.indexOf('\n'))]),
);
const flagsOf = (text: string): string[] =>
  [...text.matchAll(/^\| +`(-[^`]+)` +\|/gm)].map(([, flags]) => flags!);
const commands = commandsOf(buildProgram());

describe('docs/reference/cli.md', () => {
  it('has a section for every command and no other', () => {
    expect(commands.length).toBeGreaterThan(20);
    expect([...sections.keys()].sort()).toEqual(commands.map(([name]) => name).sort());
  });

  it('names the common flags', () => {
    const common = page.slice(page.indexOf('## Conventions'), page.indexOf('### JSON'));
    expect(flagsOf(common).sort()).toEqual(
      buildProgram()
        .options.map(({ flags }) => flags)
        .sort(),
    );
  });

  it.each(commands)('%s: its flags, its arguments and an example', (name, command) => {
    const text = sections.get(name) ?? '';
    expect(flagsOf(text).sort()).toEqual(command.options.map(({ flags }) => flags).sort());
    for (const argument of command.registeredArguments) {
      expect(text).toContain(`${argument.name()}${argument.variadic ? '...' : ''}`);
    }
    expect(text).toMatch(new RegExp(`\`\`\`sh\\n.*tidewatch ${name}( |\\n)`));
  });

  it('shows the example that the help of the command shows', () => {
    for (const [name, command] of commands) {
      let help = '';
      command.configureOutput({
        writeOut: (text) => {
          help += text;
        },
      });
      command.outputHelp();
      const example = help.split('\nExample:\n')[1]?.trim() ?? '';
      expect(example, name).toContain(`tidewatch ${name}`);
      expect(sections.get(name)).toContain(example);
    }
  });

  it('uses only flags that exist in its examples', () => {
    for (const [name, command] of commands) {
      const example = /```sh\n([\s\S]*?)```/.exec(sections.get(name) ?? '')?.[1] ?? '';
      const known = [...command.options, ...buildProgram().options].map(({ long }) => long);
      for (const [flag] of example.matchAll(/--[a-z-]+/g)) expect(known, name).toContain(flag);
    }
  });
});
