import type { ControlKernel } from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'

/**
 * A machine that has changed by more may be too slow for what its profile predicts, or not. Profile
 * and replays are minutes apart, so it is more than both sides of a what-if may differ by.
 */
const MOST_CONTROL = 0.05

/**
 * How the times of the control kernel show that the machine is not as fast as when its profile was
 * recorded, or why they cannot; null where it is, or where that is not asked of them.
 */
export function changedMachineText(control: ControlKernel): string | null {
  const { pools, unknown, machine_unknown = null } = control
  if (machine_unknown !== null || unknown !== null) return machine_unknown
  const ratios = pools.map(({ profile_ms, replays_ms }) => replays_ms! / profile_ms!)
  const far = ratios.filter((ratio) => Math.abs(log(ratio)) > log(1 + MOST_CONTROL))
  if (far.length === 0) return null
  const most = far.reduce((a, b) => (Math.abs(log(b)) > Math.abs(log(a)) ? b : a))
  const change = `${most > 1 ? '+' : '−'}${(100 * Math.abs(most - 1)).toFixed(1)} %`
  return `the control kernel took ${change}, so the machine has changed; rehearse or calibrate again`
}
