/**
 * A text that is drawn again in place: on the terminal's second screen, so that nothing of it stays in the scroll-back
 * when the command ends. The cursor is hidden meanwhile; both are given back however the command ends.
 */
const ESC = String.fromCharCode(27);
const SECOND_SCREEN = `${ESC}[?1049h${ESC}[?25l`;
const FIRST_SCREEN = `${ESC}[?25h${ESC}[?1049l`;
const TOP = `${ESC}[H`;
const REST_OF_LINE = `${ESC}[K`;
const REST_OF_SCREEN = `${ESC}[J`;

export interface LiveScreen {
  draw(text: string): void;
  close(): void;
}

export function openLiveScreen(stream: NodeJS.WriteStream): LiveScreen {
  let isOpen = true;
  let drawn = '';
  stream.write(SECOND_SCREEN);
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    stream.write(FIRST_SCREEN);
  };
  process.once('exit', close);
  return {
    draw(text) {
      if (!isOpen || text === drawn) return;
      drawn = text;
      const all = text.split('\n');
      // a terminal that does not know its size says 0
      const room = Math.max(3, (stream.rows || 24) - 1);
      const lines =
        all.length > room ? [...all.slice(0, room - 1), `${all.length - room + 1} more lines`] : all;
      stream.write(`${TOP}${lines.map((line) => line + REST_OF_LINE).join('\r\n')}${REST_OF_SCREEN}`);
    },
    close,
  };
}
