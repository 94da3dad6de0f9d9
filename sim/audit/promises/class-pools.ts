import type { Promises } from './promises.ts'

/** Pools to which requests of each class may be routed: those of its model, except decode pools. */
export function poolsOfClasses({ classes, pools }: Promises): readonly (readonly number[])[] {
  const further = pools.map(({ generation }) => generation?.handOver?.pool)
  const entries = [...pools.keys()].filter((pool) => !further.includes(pool))
  return classes.map((promised) => promised.pools ?? entries)
}
