import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** When batches of the replicas of a pool may fail, without any lack of memory. */
export interface PromisedFailures {
  /** by replica: whether it may be lost, and batches that are sent to it before that is known */
  readonly mayBeLost: readonly boolean[]
  /** by replica */
  readonly errors: readonly (readonly PromisedErrors[])[]
}

export interface PromisedErrors {
  /** share of the batches that fail */
  readonly share: number
  /** when, ms; null where it is drawn */
  readonly spans: readonly { readonly from: number; readonly to: number }[] | null
}

type Pool = Scenario['pools'][number]

/** By pool; absent where no failure is stated. */
export function promisedFailures({
  failures,
  pools,
}: Scenario): readonly PromisedFailures[] | undefined {
  return failures && pools.map((pool) => failuresOf(pool, failures))
}

function failuresOf(
  { name, replicas, heat }: Pool,
  failures: NonNullable<Scenario['failures']>,
): PromisedFailures {
  const concerned = failures.filter(({ pools }) => pools?.includes(name) ?? true)
  const numbers = Array.from({ length: replicas }, (_, replica) => replica)
  const isOf = (failure: { readonly replicas?: readonly number[] | undefined }, replica: number) =>
    failure.replicas?.includes(replica) ?? true
  return {
    mayBeLost: numbers.map(
      (replica) =>
        heat?.shutdown_c !== undefined ||
        concerned.some((failure) => 'detection_s' in failure && isOf(failure, replica)),
    ),
    errors: numbers.map((replica) =>
      concerned.flatMap((failure) => {
        if (!('share' in failure) || !isOf(failure, replica)) return []
        const { share, at_s, for_s } = failure
        const spans = at_s?.map((at) => ({ from: 1000 * at, to: 1000 * (at + for_s) })) ?? null
        return { share, spans }
      }),
    ),
  }
}
