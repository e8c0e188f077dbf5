/** What a page's chart does when the page is printed. */
import type { IChartApi } from 'lightweight-charts';

/** Paper is light whatever the screen is: a light picture takes the place of the live canvases while printing. */
export function keepPrintLight(chart: IChartApi, host: HTMLElement, paint: () => void): void {
  const root = document.documentElement;
  let picture: HTMLCanvasElement | undefined;
  addEventListener('beforeprint', () => {
    root.dataset.theme = 'light';
    paint();
    picture = chart.takeScreenshot(true);
    picture.className = 'chart-print';
    host.hidden = true;
    host.after(picture);
  });
  addEventListener('afterprint', () => {
    picture?.remove();
    host.hidden = false;
    delete root.dataset.theme;
    paint();
  });
}
