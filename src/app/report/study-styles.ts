/** Layout of what the study reports add to the page: curves, the map of views, measures, wide tables. */

const TABLE = `
.data{width:100%;margin-top:8px}
.data th,.data td{height:27px;padding:0 8px;text-align:right;white-space:nowrap;border-top:1px solid var(--border)}
.data thead th{border-top:0;vertical-align:bottom;padding-bottom:4px}
.data th:first-child,.data td:first-child,.data .word{text-align:left}
.data th[scope=row]{font-size:12px;font-weight:400;color:var(--text)}
.data th:first-child,.data td:first-child{padding-left:0}.data th:last-child,.data td:last-child{padding-right:0}
.data thead+thead th{border-top:0}
.data tbody th[colspan]{height:34px;vertical-align:bottom;padding-bottom:4px;font-weight:600;font-size:12px;color:var(--muted);border-top:0}
.data .best{font-weight:650}
`;

const STUDY = `
.plot{position:relative;height:300px;margin-top:8px;border:1px solid var(--border);border-radius:8px;overflow:hidden}
.plot svg{position:absolute;inset:0;right:64px;bottom:24px;width:calc(100% - 64px);height:calc(100% - 24px)}
.plot path{fill:none;vector-effect:non-scaling-stroke;stroke-width:1.5;stroke-linejoin:round}
.plot .grid{stroke:var(--grid);stroke-width:1}.plot .one{stroke:var(--border)}
.plot .tick{position:absolute;right:8px;font-size:11px;line-height:14px;color:var(--faint);transform:translateY(-50%)}
.plot .date{position:absolute;bottom:5px;font-size:11px;line-height:14px;color:var(--faint);transform:translateX(-50%);white-space:nowrap}
.plot .date.first{transform:none}.plot .date.last{transform:translateX(-100%)}
.line-0{--line:var(--accent)}.line-1{--line:var(--ema-144)}.line-2{--line:var(--ema-60)}.line-3{--line:var(--ema-333)}.line-4{--line:var(--ema-250)}.line-5{--line:var(--add-appetite)}.line-hold{--line:var(--muted)}
.plot .curve{stroke:var(--line)}.plot .line-hold,.plot .dashed{stroke-dasharray:5 4}.plot .dotted{stroke-dasharray:1.5 3}
.key{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:8px;font-size:12px;color:var(--muted)}
.key span{display:inline-flex;align-items:center;gap:6px;white-space:nowrap}
.key svg{width:22px;height:8px;flex:none}.key path{fill:none;stroke:var(--line);stroke-width:2}.key .line-hold path,.key .dashed path{stroke-dasharray:5 4}.key .dotted path{stroke-dasharray:1.5 3}
.key b{font-weight:600;color:var(--text)}
.views{margin-top:8px;border:1px solid var(--border);border-radius:8px;overflow:hidden}
.views svg{display:block;width:100%}
.views path{fill:var(--regime)}.views .seen{opacity:.42}
.views .past{height:var(--rows)}
.strip{position:relative;height:26px;border-bottom:2px solid var(--panel)}
.strip span{position:absolute;top:0;bottom:0;overflow:hidden;font-size:11px;line-height:24px;font-weight:550;text-align:center;color:var(--text);border-top:2px solid var(--regime);background-color:color-mix(in srgb,var(--regime) 40%,var(--panel));background-image:var(--hatch)}
.axis{display:flex;justify-content:space-between;margin-top:4px;font-size:11px;color:var(--faint)}
.measures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:20px 32px;margin-top:8px}
.measures h3{font-size:12px;line-height:18px;font-weight:600;color:var(--muted);margin:0 0 2px}
.bars{display:flex;align-items:flex-end;gap:2px;height:72px;margin-top:6px;border-bottom:1px solid var(--border);position:relative}
.bars span{flex:1;background:color-mix(in srgb,var(--accent) 45%,var(--panel));border-top:2px solid var(--accent);min-height:2px}
.bars i{position:absolute;left:0;right:0;border-top:1px dashed var(--text)}
details{margin-top:8px}summary{cursor:pointer;font-size:12px;color:var(--muted)}
.verdicts{margin:8px 0 0;padding:0;list-style:none;font-size:12px}
.verdicts li{display:grid;grid-template-columns:180px minmax(0,1fr);gap:12px;padding:5px 0;border-top:1px solid var(--border)}
.verdicts b{font-weight:600;overflow-wrap:anywhere}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 32px}
@media (max-width:900px){.two{grid-template-columns:minmax(0,1fr)}}
@media (max-width:600px){.plot{height:240px}.plot .between{display:none}.strip span{font-size:0}.verdicts li{grid-template-columns:minmax(0,1fr);gap:0}}
@media print{.views,.plot,.measures>div{break-inside:avoid}details>*{display:block}}
`;

/** Wide tables of figures, on every report. */
export function tableStyles(): string {
  return TABLE.replaceAll('\n', '');
}

export function studyStyles(): string {
  return tableStyles() + STUDY.replaceAll('\n', '');
}
