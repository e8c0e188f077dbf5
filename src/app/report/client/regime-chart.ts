/** Draws the chart of the report. Stub. */
export function startRegimeChart(): void {
  document.documentElement.dataset.palette = '';
}
