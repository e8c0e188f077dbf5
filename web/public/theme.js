// Before the first paint, so that nothing flashes: the theme of the address, else the chosen one, else dark.
(() => {
  const asked = new URLSearchParams(location.search).get('theme');
  let kept = null;
  try {
    kept = localStorage.getItem('tidewatch.theme');
  } catch {
    // a browser that keeps nothing
  }
  const wanted = asked ?? kept;
  const system = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  document.documentElement.dataset.theme =
    wanted === 'system' ? system : wanted === 'light' ? 'light' : 'dark';
})();
