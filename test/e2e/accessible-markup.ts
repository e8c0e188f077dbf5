/** Rules that every page of the dashboard keeps, each as the source of a page function that returns what breaks it. */

/** What a finger could miss. Links in rows and sentences have the row's height. */
export const SMALL_TARGETS = `[...document.querySelectorAll('button, select, .rail a')]
  .filter((node) => node.checkVisibility() && !node.closest('td, th, .timeline') && node.getBoundingClientRect().height < 44 && !node.classList.contains('link'))
  .map((node) => node.outerHTML.slice(0, 90))`;

/** Names, heads, targets of references, one page heading. */
export const MARKUP_PROBLEMS = `(() => {
  const problems = [];
  const name = (node) => node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent.trim();
  if (document.documentElement.lang !== 'en') problems.push('language');
  if (document.querySelectorAll('h1').length !== 1) problems.push('one h1');
  if (document.querySelectorAll('main').length !== 1) problems.push('one main');
  const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
  if (new Set(ids).size !== ids.length) problems.push('duplicate id');
  for (const node of document.querySelectorAll('button, select, input, a, [role=slider], [role=img], section')) if (!name(node) && !node.getAttribute('aria-labelledby')) problems.push('no name: ' + node.outerHTML.slice(0, 80));
  for (const attribute of ['aria-labelledby', 'aria-describedby'])
    for (const node of document.querySelectorAll('[' + attribute + ']'))
      for (const id of node.getAttribute(attribute).split(' ')) if (!document.getElementById(id)) problems.push('no target ' + id);
  for (const node of document.querySelectorAll('table')) if (!node.closest('.chart') && !node.querySelector('th[scope]')) problems.push('table without heads');
  for (const node of document.querySelectorAll('dl > :not(div):not(dt):not(dd)')) problems.push('dl holds ' + node.tagName);
  for (const node of document.querySelectorAll('[aria-hidden=true] :is(button, a, [tabindex])')) problems.push('hidden but focusable');
  return problems;
})()`;
