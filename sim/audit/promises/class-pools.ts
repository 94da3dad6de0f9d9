import type { Promises } from './promises.ts'

/** Of each class the pools that its requests may come to: of its model, and not handed to. */
export function poolsOfClasses({ classes, pools }: Promises): readonly (readonly number[])[] {
  const further = pools.map(({ generation }) => generation?.handOver?.pool)
  const entries = [...pools.keys()].filter((pool) => !further.includes(pool))
  return classes.map((own) => own.pools ?? entries)
}
