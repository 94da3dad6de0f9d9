import { type Pool, poolSchema, type Scenario } from './schema.ts'

/** Whether a server queues and forms the batches of a pool, which replays do not see then. */
export const isServed = ({ target }: Pick<Pool, 'target'>): boolean => target?.role === 'server'

/** Whether that server generates, and streams the tokens of each request. */
export const isStreamed = ({ target }: Pick<Pool, 'target'>): boolean => target?.kind === 'openai'

/**
 * A scenario as clients of its server see it, which is what a replay of it does: each request is
 * sent when it is due, on a connection of its own, with its own length. What the pool states of
 * the server is not in it. The same scenario where no pool is a server.
 */
export function clientSide(scenario: Scenario): Scenario {
  if (!scenario.pools.some(isServed)) return scenario
  const models = Object.entries(scenario.models).map(([name, model]) => {
    return [name, 'pad_to' in model ? { ...model, pad_to: 1 } : model]
  })
  return {
    ...scenario,
    traffic: scenario.traffic.map((traffic) => {
      // tokens come with the times at which clients have them
      const { first_token_delay_ms: _, ...rest } = traffic
      return scenario.pools.some(isStreamed) ? rest : traffic
    }),
    models: Object.fromEntries(models),
    pools: scenario.pools.map((pool) => (isServed(pool) ? connectionsOf(pool) : pool)),
  }
}

function connectionsOf({ name, model, precision, target }: Pool): Pool {
  const pool = poolSchema.parse({ name, model, precision, replicas: target!.connections })
  return { ...pool, target }
}
