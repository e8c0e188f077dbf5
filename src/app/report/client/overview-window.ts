/** The window on the picture of all history: shows what the chart shows, and moves it when it is pressed or dragged. */

/**
 * @param moveTo called with the UTC ms that the pointer is over
 * @param subscribe is given a function that takes the visible times, UTC ms
 */
export function connectOverview(
  moveTo: (time: number) => void,
  subscribe: (report: (from: number, to: number) => void) => void,
): void {
  const overview = document.getElementById('overview')!;
  const frame = document.getElementById('overview-window')!;
  const first = Number(overview.dataset.from);
  const last = Number(overview.dataset.to);
  const percent = (time: number): number =>
    Math.max(0, Math.min(100, ((time - first) / (last - first)) * 100));
  subscribe((from, to) => {
    frame.hidden = false;
    frame.style.left = `${percent(from)}%`;
    frame.style.width = `${percent(to) - percent(from)}%`;
  });
  const follow = (event: PointerEvent): void => {
    const box = overview.getBoundingClientRect();
    moveTo(first + ((event.clientX - box.left) / box.width) * (last - first));
  };
  overview.addEventListener('pointerdown', (event) => {
    overview.setPointerCapture(event.pointerId);
    follow(event);
  });
  overview.addEventListener('pointermove', (event) => {
    if (overview.hasPointerCapture(event.pointerId)) follow(event);
  });
}
