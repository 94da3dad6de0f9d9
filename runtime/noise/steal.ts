import { readFileSync } from 'node:fs'

/** Ticks of a core since the machine started. */
export interface CoreTicks {
  readonly total: number
  /** given to other machines by the hypervisor */
  readonly stolen: number
}

/** `user nice system idle iowait irq softirq steal`; times of guests are part of user and nice. */
const COLUMNS = 8

/** Ticks by the name of a core, `cpu` for all together (proc_stat(5)). */
export function parseTicks(stat: string): Map<string, CoreTicks> {
  const ticks = new Map<string, CoreTicks>()
  for (const [, name, columns] of stat.matchAll(/^(cpu\d*) +(.+)$/gm)) {
    const values = columns!.split(' ').slice(0, COLUMNS).map(Number)
    if (values.length < COLUMNS) continue
    const total = values.reduce((sum, value) => sum + value, 0)
    ticks.set(name!, { total, stolen: values.at(-1)! })
  }
  return ticks
}

/** Empty where the system has no such file, as outside Linux. */
export function readTicks(): Map<string, CoreTicks> {
  try {
    return parseTicks(readFileSync('/proc/stat', 'utf8'))
  } catch {
    return new Map()
  }
}

/** The stolen share of a core's time, or of all cores for null; null where it is unknown. */
export function stealOf(
  before: ReadonlyMap<string, CoreTicks>,
  after: ReadonlyMap<string, CoreTicks>,
  core: number | null,
): number | null {
  const name = `cpu${core ?? ''}`
  const [from, to] = [before.get(name), after.get(name)]
  if (from === undefined || to === undefined || to.total <= from.total) return null
  return (to.stolen - from.stolen) / (to.total - from.total)
}
