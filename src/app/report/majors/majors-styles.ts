/** Layout of what the majors-vs-alts report adds to the page. */

const MAJORS = `
.chart{height:1200px}
.with-day{display:grid;grid-template-columns:minmax(0,1fr) 312px;gap:0 24px;align-items:start}
.beside section{margin-top:20px}.day-card{min-height:440px;padding:12px 14px;border:1px solid var(--border);border-radius:8px}
.day-head{display:flex;align-items:center;gap:4px}.day-head h2{margin-right:auto}
.day-head button{width:30px;height:30px;border:1px solid var(--border);border-radius:6px;background:none;color:var(--text);font:inherit;cursor:pointer}
.day-card h3{font-size:12px;line-height:18px;font-weight:600;color:var(--muted);margin:14px 0 2px}
.day-regime{display:flex;align-items:center;gap:8px;margin-top:8px}.day-regime b{font-size:18px;line-height:26px;font-weight:650}.day-regime span{margin-left:auto;color:var(--muted)}
.side{display:inline-block;width:10px;height:10px;border-radius:2px;flex:none;background:var(--faint)}
.side.majors{background:var(--accent)}.side.alts{background:var(--exit-assertiveness);background-image:repeating-linear-gradient(-45deg,color-mix(in srgb,var(--panel) 45%,transparent) 0 1px,transparent 1px 4px)}
.parts{list-style:none;font-size:12px}
.parts li{display:grid;grid-template-columns:minmax(0,1fr) 84px 56px;align-items:center;gap:8px;min-height:24px}
.parts .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.parts .number{text-align:right}
.diverging{position:relative;height:8px;background:linear-gradient(var(--border),var(--border)) center/1px 100% no-repeat}
.diverging i{position:absolute;left:50%;top:0;bottom:0;min-width:1px;background:var(--accent)}
.diverging i.minus{left:auto;right:50%}
.diverging i.alts{background:var(--exit-assertiveness)}.diverging i.up{background:var(--up)}.diverging i.down{background:var(--down)}
.up{color:var(--up)}.down{color:var(--down)}
.tiles dd.down{color:var(--down)}.tiles dd.up{color:var(--up)}
.months td.month{color:var(--text);background:color-mix(in srgb,var(--tone) var(--heat),var(--panel))}
.data td .diverging{display:inline-block;width:90px;vertical-align:middle}
.data td small{display:block;font-size:11px;line-height:14px;color:var(--muted);white-space:nowrap}
.data tr.total th,.data tr.total td{font-weight:600}
.checks div{min-height:30px}.checks dd{white-space:nowrap}.beside .data td,.beside .data th{padding:0 4px}.beside .data td .diverging{width:72px}.beside .data th:first-child{padding-left:0}
.columns.even{grid-template-columns:repeat(2,minmax(0,1fr))}
@media (max-width:900px){.columns.even{grid-template-columns:minmax(0,1fr)}}
@media (max-width:1000px){.with-day{grid-template-columns:minmax(0,1fr)}.day-card{min-height:0;margin-top:12px}}
@media (max-width:600px){.chart{height:900px}}
`;

export function majorsStyles(): string {
  return MAJORS.replaceAll('\n', '');
}
