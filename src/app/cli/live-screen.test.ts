import { describe, expect, it } from 'vitest';
import { openLiveScreen } from './live-screen.js';

const ESC = String.fromCharCode(27);

function terminal(rows: number) {
  const written: string[] = [];
  const stream = { rows, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  return { stream, written };
}

describe('the live screen', () => {
  it('draws on the second screen and gives the first one back once', () => {
    const { stream, written } = terminal(24);
    const screen = openLiveScreen(stream);
    screen.draw('one\ntwo');
    screen.draw('one\ntwo');
    screen.close();
    screen.close();
    screen.draw('late');
    expect(written).toEqual([
      `${ESC}[?1049h${ESC}[?25l`,
      `${ESC}[Hone${ESC}[K\r\ntwo${ESC}[K${ESC}[J`,
      `${ESC}[?25h${ESC}[?1049l`,
    ]);
  });

  it('draws no more lines than there is room for, and says how many are missing', () => {
    const { stream, written } = terminal(6);
    const screen = openLiveScreen(stream);
    screen.draw(Array.from({ length: 9 }, (_, at) => `line ${at}`).join('\n'));
    screen.close();
    const drawn = written[1]!.split('\r\n');
    expect(drawn).toHaveLength(5);
    expect(drawn.at(-1)).toContain('5 more lines');
  });
});
