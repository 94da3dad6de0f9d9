import { recordSuite } from '../tools/fidelity/record.ts'
import { whatIfInputs } from '../runtime/prepare.ts'
import { keptReplication } from '../sim/experiment/index.ts'
import { batchesOf } from '../sim/experiment/structure.ts'
import { wholeSuite } from '../tools/fidelity/suite.ts'
const suite = wholeSuite().filter((s) => s.name === 'yardstick-changes')
const rec = await recordSuite('/tmp/fid1', suite, 40)
const name = process.argv[2]!
const b = rec.cases.get(name)!, a = rec.cases.get(b.case.against!)!
const [ia, ib] = whatIfInputs([a.prepared, b.prepared], rec.profile.profile, a.runs)
const show = (label: string, rows: any[]) => {
  const bs = rows.flatMap((r: any) => batchesOf(r.rows ?? r))
  const med = (f: (b: any) => number, of = bs) => { const s = of.map(f).sort((x, y) => x - y); return s.length ? `${(1000 * s[s.length >> 1]!).toFixed(0)}/${(1000 * s[Math.floor(s.length * .9)]!).toFixed(0)}` : '-' }
  console.log(label, 'batches', bs.length, 'size', (bs.reduce((s, x) => s + x.size, 0) / bs.length).toFixed(2), 'service', med(x => x.ended - x.started), 'dispatch', med(x => x.started - x.dispatched), 'completion', med(x => x.done - x.ended))
  console.log('   ', [0.01, 0.1, 0.3, 1, 2, 9e9].map((e, i, all) => { const of = bs.filter(x => x.gap <= e && x.gap > (all[i - 1] ?? -1)); return `g<=${e}: n ${of.length} sv ${med(x => x.ended - x.started, of)} di ${med(x => x.started - x.dispatched, of)}` }).join(' | '))
  console.log('   ', [1,2,3,4,5,6,7,8].map(s => { const of = bs.filter(x => x.size === s); return `s${s}: ${of.length} ${med(x => x.ended - x.started, of)}` }).join(' | '))
  const acc: Record<string, number[]> = { lag: [], wait: [], bw: [], lat: [] }
  for (const r of rows) { const c = (r.rows ?? r).columns; for (let k = 0; k < c.at.length; k++) if (c.batch[k] >= 0 && c.at[k] > 500) { acc.lag!.push(c.sent[k] - c.at[k]); acc.wait!.push(c.dispatched[k] - c.sent[k] - c.batchWait[k]); acc.bw!.push(c.batchWait[k]); acc.lat!.push(c.done[k] - c.at[k]) } }
  console.log('   ', Object.entries(acc).map(([k, v]) => { const s = Float64Array.from(v).sort(); return `${k} p50 ${(1000 * s[s.length >> 1]!).toFixed(0)} p90 ${(1000 * s[Math.floor(s.length * .9)]!).toFixed(0)}` }).join(' '))
}
show('A measured', a.runs as never)
show('A simulated', [0,1,2].map(r => keptReplication({ ...ia, requests: a.requests }, r)) as never)
show('B measured', b.runs as never)
show('B simulated', [0,1,2].map(r => keptReplication({ ...ib, requests: b.requests }, r)) as never)
console.log(b.prepared.scenario.pools[0], rec.profile.profile.models.map(m => m.fields.map(f => `${f.load} x${f.executors.length}`).join(',')))
process.exit(0)
