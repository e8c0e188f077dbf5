/** Layout of what the uptrend report adds to the page. */
import { UPTREND_STATES } from '../../../analysis/uptrend/payload-schema.js';
import { tableStyles } from '../study-styles.js';

const UPTREND = `
${UPTREND_STATES.map((name) => `.swatch.${name.toLowerCase()}{background:var(--${name.toLowerCase()})}`).join('')}
main{max-width:1312px}.chart{height:660px}
.chart-head h2{margin-right:4px}.chart-head .legend{gap:4px 12px}.legend b{font-weight:600;color:var(--text);margin-left:5px}
.marks{display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0;font-size:12px;color:var(--muted)}
.marks span{display:inline-flex;align-items:center;white-space:nowrap}.marks b{font-weight:600;color:var(--text);margin-left:5px}
.marks svg{width:13px;height:13px;margin-right:6px;overflow:visible}.marks i{width:16px;margin-right:6px;border-top:2px solid var(--line)}.marks i.dashed{border-top-style:dashed}.marks i.wide{border-top-width:3px}
.columns.even{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.chip{display:inline-flex;align-items:center;font-weight:550}
.conditions{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(250px,100%),1fr));gap:12px;margin-top:8px}
.conditions>div{padding:10px 14px 6px;border:1px solid var(--border);border-radius:8px}
.conditions h3{display:flex;justify-content:space-between;align-items:center;margin:0 0 4px;font-size:13px;line-height:20px;font-weight:650}
.conditions li{display:flex;gap:8px;min-height:27px;align-items:center;border-top:1px solid var(--border);font-size:12px;list-style:none}
.conditions li svg{width:10px;height:10px;flex:none}.conditions li span{margin-left:auto;color:var(--muted);white-space:nowrap}
.note{margin-top:6px;font-size:12px;color:var(--muted)}
.good{color:var(--up)}.poor{color:var(--down)}
@media (max-width:900px){.columns.even{grid-template-columns:minmax(0,1fr)}.chart{height:560px}}
@media (max-width:600px){.chart{height:480px}.pane-name{display:none}}
`;

export function uptrendStyles(): string {
  return tableStyles() + UPTREND.replaceAll('\n', '');
}
