import { DARK, darkRules, FONT, LIGHT, type Palette } from '../charts/theme.ts'

function variables(palette: Palette): string {
  return (Object.keys(palette) as (keyof Palette)[])
    .map((role) => `--${role}:${palette[role]}`)
    .join(';')
}

/** Below this width of the window a page shows the narrow drawing of each chart. */
const PHONE = '@media screen and (max-width: 760px)'

/** The style sheet of a report: light or dark as set in the reader's system, and printable. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;${variables(LIGHT)};--pass:#176f41;--undecided:#8a6100}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 ${FONT}}
main{max-width:940px;margin:0 auto;padding:28px 24px 48px}
h1{font-size:22px;line-height:1.25;margin:0 0 2px;overflow-wrap:anywhere}
h2{font-size:17px;margin:40px 0 10px;padding-top:14px;border-top:1px solid var(--grid)}
p{margin:6px 0;overflow-wrap:anywhere}
.quiet{color:var(--muted);font-size:13px}
.verdict{font-size:17px;margin:16px 0 8px;padding:12px 16px;border-left:5px solid var(--muted);
background:color-mix(in srgb,var(--muted) 9%,transparent)}
.verdict.PASS{border-color:var(--pass)}
.verdict.FAIL{border-color:var(--limit)}
.verdict.UNDECIDED{border-color:var(--undecided)}
b.PASS{color:var(--pass)}b.FAIL{color:var(--limit)}b.UNDECIDED{color:var(--undecided)}
.simulated{color:var(--simulated)}.measured{color:var(--measured)}
ul.plain{list-style:none;padding:0;margin:8px 0}
ul.plain li{margin:4px 0;overflow-wrap:anywhere}
.warning,ul.warning{margin:8px 0;padding:8px 16px;border-left:5px solid var(--undecided);overflow-wrap:anywhere}
ul.warning{font-size:14px;padding:4px 16px}
figure{margin:22px -10px;break-inside:avoid}
figure svg{display:block;max-width:100%;height:auto}
figure .narrow{display:none}
.scroll{overflow-x:auto;margin:12px 0;background:linear-gradient(to right,var(--paper) 30%,transparent),linear-gradient(to left,var(--paper) 30%,transparent) 100% 0,linear-gradient(to right,var(--grid),transparent),linear-gradient(to left,var(--grid),transparent) 100% 0;background-repeat:no-repeat;background-size:40px 100%,40px 100%,9px 100%,9px 100%;background-attachment:local,local,scroll,scroll}
.scroll::after{content:"This table is wider than the page: scroll it sideways.";display:block;position:sticky;left:0;width:max-content;max-width:100%;max-height:0;overflow:hidden;font-size:12px;color:var(--muted)}
@supports (animation-timeline:scroll()){.scroll::after{animation:wide linear;animation-timeline:scroll(nearest inline)}}
@keyframes wide{from,to{max-height:3em}}
table{border-collapse:collapse;font-size:13px;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:bold;padding:4px 0}
th,td{padding:6px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid)}
td{white-space:normal}
.whole td{white-space:nowrap}.whole tbody th{min-width:3em}
thead th{color:var(--muted);font-weight:normal;vertical-align:bottom;white-space:normal}
tbody th{text-align:left;white-space:normal;min-width:7em}
.words th,.words td{text-align:left;vertical-align:top}
.words{table-layout:fixed}.words th,.words td{overflow-wrap:anywhere;min-width:0}.words th:first-child{width:18%}
.words th:last-child{width:34%}
.question{font-size:16px;margin:8px 0 14px}
th:first-child{text-align:left;padding-left:0}
abbr{cursor:help;text-decoration:underline dotted}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;font-size:13px;margin:10px 0}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
pre{font:13px/1.5 DejaVu Sans Mono,Menlo,Consolas,monospace;padding:12px 14px;margin:8px 0;
background:color-mix(in srgb,var(--muted) 10%,transparent);white-space:pre-wrap;overflow-wrap:anywhere}
${PHONE}{
main{padding:18px 14px 36px}
figure .wide{display:none}figure .narrow{display:block}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}
}
@media screen and (prefers-color-scheme: dark){
:root{${variables(DARK)};--pass:#5fcf92;--undecided:#e0b34a}
${darkRules('figure')}
}
@media print{
:root{color-scheme:light}
@page{margin:14mm}
main{max-width:none;padding:0}
body{font-size:11pt}
figure{margin:14px 0}
h2{break-after:avoid}
.scroll{overflow:visible;background:none}.scroll::after{display:none}
table{font-size:9pt}th,td{padding:3px 6px}
tr,.verdict,dl{break-inside:avoid}
}
`
