import type { Scenario } from '../../scenarios/index.ts'

/** Values that are valid, and are probably not what was meant: a text for each. */
export function doubtfulValues({ traffic, models, duration_s }: Scenario): string[] {
  const cut = traffic.flatMap(({ class: name, arrivals }) => {
    if (!('surges' in arrivals)) return []
    return arrivals.surges.flatMap((surge, i) => {
      const until = surge.at_s + surge.rise_s + surge.hold_s
      if (surge.every_s !== undefined || until <= duration_s) return []
      return [
        `traffic.${name}.arrivals.surges.${i}: its peak lasts until ${until} s, but the traffic ends at duration_s ${duration_s}; raise duration_s, or let the surge begin earlier`,
      ]
    })
  })
  const falling = Object.entries(models).flatMap(([name, model]) => {
    if (!('work' in model) || model.work.law !== 'table') return []
    const { sizes, ms } = model.work
    const at = ms.findIndex((time, i) => i > 0 && time < ms[i - 1]!)
    if (at < 0) return []
    return [
      `models.${name}.work: a batch of ${sizes[at]} takes ${ms[at]} ms, less than one of ${sizes[at - 1]} (${ms[at - 1]} ms); check the order of sizes and ms`,
    ]
  })
  return [...cut, ...falling]
}
