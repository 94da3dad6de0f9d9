import { recordSuite } from '../tools/fidelity/record.ts'
import { judgeChange } from '../tools/fidelity/judge.ts'
import { wholeSuite } from '../tools/fidelity/suite.ts'
const suite = wholeSuite().filter((s) => s.name === 'yardstick-changes')
const rec = await recordSuite('/tmp/fid1', suite, 40)
for (const m of rec.profile.profile.models) console.log(m.label, 'wake', m.wake.gapMs.map((g, i) => `${g.toFixed(3)}:${(1000 * m.wake.ms[i]!).toFixed(0)}`).join(' '), 'ms', m.work.ms.map((r) => r[0]!.toFixed(3)).join(' '))
for (const one of rec.cases.values()) if (one.case.against) { const r = await judgeChange(one, rec); console.log(r.name, r.check.verdict, r.check.reason.slice(0, 90)); for (const p of r.percentiles.slice(0, 3)) console.log(`   p${p.p * 100} meas ${p.measured.value!.toFixed(3)} [${p.measured.low!.toFixed(3)},${p.measured.high!.toFixed(3)}] pred ${p.predicted.value!.toFixed(3)} err ${(100 * p.error_relative).toFixed(1)}% ${(1000 * p.error_ms).toFixed(0)}us A/A ${(100 * p.noise_floor.median!).toFixed(1)}% ${p.verdict}`) }
process.exit(0)
