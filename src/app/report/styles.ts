/** Layout and type of the report (design §3, §5, §7): colours come from tokens.ts only, nothing under 11 px. */
import { regimeClassStyles } from './regime-classes.js';

const PAGE = `
*{box-sizing:border-box}
html{background:var(--panel);-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;color:var(--text);font:400 13px/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1152px;margin:0 auto;padding:20px 16px 24px}
h1{font-size:24px;line-height:1.25;font-weight:650;letter-spacing:-.01em;margin:16px 0 4px}
h2{font-size:14px;line-height:20px;font-weight:650;margin:0}
h2 span,h3 span{font-weight:400;color:var(--faint);font-size:12px;margin-left:6px}
p,dl,dd,ul{margin:0;padding:0}
code{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
a{color:inherit}
section{margin-top:24px}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.for-readers{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.brand{display:flex;align-items:center;gap:8px;min-height:24px}
.brand b{font-weight:650}.brand span{color:var(--muted)}.brand code{margin-left:auto;color:var(--muted);text-align:right}
.mark{width:24px;height:24px;flex:none}.mark rect{fill:var(--accent)}.mark path{fill:none;stroke:var(--on-accent);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.scope{color:var(--muted)}
.verdict{display:flex;flex-wrap:wrap;align-items:center;gap:8px 16px;margin-top:12px;padding:9px 14px 9px 12px;background:var(--raised);border-left:3px solid var(--accent);border-radius:8px;color:var(--muted)}
.verdict p:first-child{flex:1 1 420px}
.verdict b{color:var(--text);font-weight:650;margin-right:4px}
.verdict.warn{border-color:var(--warn)}.verdict.bad{border-color:var(--bad)}
.badges{display:flex;flex-wrap:wrap;gap:8px}
.badge{display:inline-flex;align-items:center;gap:5px;padding:1px 7px;border-radius:4px;font-size:11px;line-height:18px;font-weight:550;white-space:nowrap;--signal:var(--muted);color:var(--signal);background:color-mix(in srgb,var(--signal) 14%,var(--panel))}
.badge i{width:6px;height:6px;border-radius:50%;background:var(--signal)}
.badge.ok{--signal:var(--ok)}.badge.warn{--signal:var(--warn)}.badge.bad{--signal:var(--bad)}.badge.info{--signal:var(--accent)}
.swatch{display:inline-block;flex:none;width:10px;height:10px;border-radius:2px;background:var(--regime);margin-right:6px}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);border:1px solid var(--border);border-radius:8px}
.tiles>div{padding:10px 14px 11px;border-left:1px solid var(--border);min-width:0}
.tiles>div:first-child{border-left:0}
.tiles dt{font-size:12px;color:var(--muted)}
.tiles dd{font-size:20px;line-height:28px;font-weight:650;white-space:nowrap}
.tiles .swatch{width:14px;height:14px;margin-right:8px}
.tiles small{display:block;font-size:11px;line-height:16px;font-weight:400;color:var(--faint);white-space:normal}
section:has(>.tiles){margin-top:12px}
.chart-head{display:flex;flex-wrap:wrap;align-items:center;gap:8px 16px;margin-bottom:8px}
.legend{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:12px;color:var(--muted)}
.legend span{display:inline-flex;align-items:center}
.controls{display:flex;flex-wrap:wrap;gap:8px;margin-left:auto}
.controls[hidden]{display:none}
.segments{display:inline-flex;border:1px solid var(--border);border-radius:6px}
.segments button{min-width:40px;height:28px;padding:0 10px;border:0;border-left:1px solid var(--border);background:none;color:var(--muted);font:inherit;font-size:12px;cursor:pointer}
.segments button:first-child{border-left:0}
.segments button[aria-pressed=true]{color:var(--text);font-weight:600;background:var(--raised);box-shadow:inset 0 -2px var(--accent)}
.segments button:hover{color:var(--text)}
.chart-frame{position:relative;border:1px solid var(--border);border-radius:8px;overflow:hidden}
.smoothed .chart-frame{border-top:2px solid var(--bad)}
.chart{height:500px;touch-action:pan-y}
.chart[hidden]{display:none}.chart-print{display:block;width:100%!important;height:auto!important}
.chart:focus-visible{outline:none}.chart-frame:has(.chart:focus-visible){outline:2px solid var(--focus);outline-offset:2px}
.chart table,.chart td,.chart tr{border:0;padding:0;margin:0}
.chart-legend{position:absolute;z-index:3;top:8px;left:8px;max-width:calc(100% - 90px);padding:2px 7px;border-radius:4px;background:color-mix(in srgb,var(--panel) 82%,transparent);font-size:12px;line-height:18px;color:var(--muted);pointer-events:none}
.chart-legend:empty{display:none}
.chart-legend b{font-weight:600;color:var(--text)}.chart-legend span,.chart-legend>b{display:inline-block;margin-right:10px;white-space:nowrap}.chart-legend>b:last-child{margin-right:0}
.chart-legend .up{color:var(--up)}.chart-legend .down{color:var(--down)}.chart-legend .swatch{margin-right:4px}
.overview{position:relative;height:60px;margin-top:8px;border:1px solid var(--border);border-radius:8px;overflow:hidden;cursor:pointer;touch-action:pan-y}
.overview svg{position:absolute;inset:0;width:100%;height:100%}
.overview path{vector-effect:non-scaling-stroke}.overview .area{fill:var(--raised)}.overview .line{fill:none;stroke:var(--muted);stroke-width:1}
.overview span{position:absolute;font-size:11px;line-height:14px;color:var(--faint);pointer-events:none;white-space:nowrap}
.overview .boundary{top:0;bottom:0;border-left:1px dashed var(--text)}
.overview .boundary span{top:3px;color:var(--text);padding:0 3px;border-radius:3px;background:color-mix(in srgb,var(--panel) 82%,transparent)}
.overview .before{right:5px}.overview .after{left:4px}
.overview .year{bottom:2px;padding:0 3px;border-radius:3px;background:color-mix(in srgb,var(--panel) 82%,transparent)}.overview .start{left:4px}.overview .end{right:4px}
.overview .window{top:0;bottom:0;min-width:3px;border:1px solid var(--accent);border-radius:3px;background:color-mix(in srgb,var(--accent) 18%,transparent)}
.overview [hidden]{display:none}
.pane-name{position:absolute;z-index:3;left:8px;padding:1px 7px;border-radius:4px;background:color-mix(in srgb,var(--panel) 82%,transparent);font-size:11px;line-height:18px;color:var(--muted);pointer-events:none}
.chart-note{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 16px;margin-top:6px;font-size:12px;color:var(--muted)}
.chart-note select{height:26px;border:1px solid var(--border);border-radius:6px;background:var(--panel);color:var(--text);font:inherit}
.footnote{margin-top:8px;font-size:12px;color:var(--faint)}
.scroll{overflow-x:auto}
.chart-table{max-height:500px;overflow:auto;border:1px solid var(--border);border-radius:8px}
.chart-table caption{padding:8px 10px;text-align:left;color:var(--muted)}
table{border-collapse:collapse;font-size:12px}
.chart-table table{width:100%}
th{font-weight:500;font-size:11px;color:var(--faint);text-align:left}
.chart-table td,.chart-table th{height:27px;padding:0 10px;text-align:right;white-space:nowrap;border-top:1px solid var(--border)}
.chart-table td:first-child,.chart-table th:first-child,.chart-table .word{text-align:left}
.chart-table thead th{position:sticky;top:0;background:var(--panel);border-top:0;box-shadow:inset 0 -1px var(--border)}
.states{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(200px,100%),1fr));gap:12px;margin-top:8px}
.state{padding:10px 14px 8px;border:1px solid var(--border);border-left:3px solid var(--regime);border-radius:8px}
.state h3{display:flex;align-items:baseline;margin:0 0 4px;font-size:18px;line-height:26px;font-weight:650}
.state h3 .swatch{width:12px;height:12px;margin-right:8px;align-self:center}
.state h3 span{margin-left:auto}
.state dl div,.facts div{display:flex;justify-content:space-between;align-items:center;gap:12px;min-height:27px;border-top:1px solid var(--border);font-size:12px}
.state dt,.facts dt{color:var(--muted);flex:none}
.state dd,.facts dd{text-align:right}
.t{color:var(--faint);margin-left:4px}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 372px;gap:0 32px}
.odds{display:grid;grid-template-columns:84px minmax(0,1fr);align-items:center;min-height:30px}
.odds dt{font-size:12px;line-height:14px}.odds small{display:block;font-size:11px;color:var(--faint)}
#forecast-title+.legend{margin:6px 0}
.stack{display:flex;gap:1px;height:20px;border-radius:4px;overflow:hidden}
.segment{flex:1 1 0;min-width:0;overflow:hidden;font-size:11px;line-height:20px;font-weight:550;text-align:center;color:var(--text);border-top:2px solid var(--regime);line-height:18px;background:color-mix(in srgb,var(--regime) 40%,var(--panel))}
.matrix{width:100%;max-width:560px;margin-top:6px;border-spacing:0}
.matrix th[scope=col]{text-align:center;height:24px;min-width:66px}
.matrix th[scope=col]:first-child{text-align:left}
.matrix th[scope=row]{font-size:12px;font-weight:400;color:var(--text);padding-right:16px;white-space:nowrap}
.matrix td{padding:2px;text-align:center}
.matrix .end,.matrix th.end[scope=col]{text-align:right;padding-left:18px;white-space:nowrap}
.heat{display:block;height:30px;line-height:30px;border-radius:4px;background:color-mix(in srgb,var(--accent) var(--heat),var(--panel))}
.facts{margin-top:6px}
.alone .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:0 32px}
.warnings{margin-top:8px;padding-left:16px;font-size:12px;color:var(--text)}
footer{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 24px;margin-top:24px;padding-top:12px;border-top:1px solid var(--border);font-size:12px;color:var(--faint)}
footer p:nth-child(2){overflow-wrap:anywhere}
${regimeClassStyles()}
.segment,.swatch{background-image:var(--hatch)}
.swatch{background-image:none}
@media (prefers-color-scheme:light){.badge{color:var(--text)}}
@media print{.badge{color:var(--text)}.controls,#palette-choice{display:none!important}.state,.chart-section,.columns>*{break-inside:avoid}body{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
@media (pointer:coarse){.segments button{height:44px;min-width:44px}.chart-note select{height:44px}}
@media (max-width:900px){.tiles{grid-template-columns:repeat(3,1fr)}.tiles>div:nth-child(n+4){border-top:1px solid var(--border)}.tiles>div:nth-child(4){border-left:0}.columns{grid-template-columns:minmax(0,1fr)}}
@media (max-width:600px){.overview .tight{display:none}main{padding:12px 12px 20px}h1{font-size:20px}.tiles{grid-template-columns:repeat(2,1fr)}.tiles>div{padding:8px 12px}.tiles>div:nth-child(n+3){border-top:1px solid var(--border)}.tiles>div:nth-child(odd){border-left:0}.tiles>div:nth-child(4){border-left:1px solid var(--border)}.tiles dd{font-size:18px}.controls{margin-left:0}.brand code{display:none}.chart{height:360px}.chart-legend{position:static;display:block;max-width:none;min-height:40px;padding:6px 12px 0;background:none}.verdict p:first-child{flex-basis:100%}.matrix th[scope=col]{min-width:52px}.matrix .end{padding-left:8px}}
@media (prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important;scroll-behavior:auto!important}}
`;

/** The style sheet of the pages, on one line. */
export function pageStyles(): string {
  return PAGE.replaceAll('\n', '');
}
