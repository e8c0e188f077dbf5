/** WCAG contrast as the browser paints it: every word against the colours that lie under it. */

/**
 * Source of a page function that returns what stands below 4.5:1. Controls that are switched off are exempt (WCAG
 * 1.4.3), canvases are not words. Translucent groups count as they are seen.
 */
export const weakWords = (scope: string): string => `(() => {
      const pen = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
      const known = new Map();
      const read = (color) => {
        if (!known.has(color)) { pen.clearRect(0, 0, 1, 1); pen.fillStyle = color; pen.fillRect(0, 0, 1, 1); const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data; known.set(color, [r, g, b, a / 255]); }
        return known.get(color);
      };
      const mix = (under, [r, g, b, a], share = 1) => [r, g, b].map((value, at) => value * a * share + under[at] * (1 - a * share));
      const luminance = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => { const c = rgb[at] / 255; return sum + weight * (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); }, 0);
      const painted = (layers, ink, under = [255, 255, 255]) => {
        const [{ color, opacity }, ...inner] = layers;
        let inside = mix(under, color);
        if (inner.length > 0) inside = painted(inner, ink, inside);
        else if (ink) inside = mix(inside, ink);
        return mix(under, [...inside, 1], opacity);
      };
      const weak = [];
      for (const node of document.querySelectorAll('${scope} *')) {
        if (node.closest('#chart, .chart, svg, .for-readers, :disabled') || !node.checkVisibility() || ![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
        const layers = [];
        for (let at = node; at; at = at.parentElement) { const style = getComputedStyle(at); layers.unshift({ color: read(style.backgroundColor), opacity: Number(style.opacity) }); }
        const back = luminance(painted(layers));
        const front = luminance(painted(layers, read(getComputedStyle(node).color)));
        const ratio = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
        if (ratio < 4.5) weak.push(ratio.toFixed(2) + ' ' + node.outerHTML.slice(0, 80));
      }
      return weak;
    })()`;
