import { Failure } from '../../scenarios/index.ts'
import { type ServingPlan, topologyOf } from '../../sim/serving/index.ts'
import { WallClock } from '../live/clock.ts'
import type { FleetThreads, ServedFleet } from '../live/fleet-threads.ts'
import type { SharedInputs } from '../models/index.ts'
import { build } from '../version.ts'
import { AllowedHosts } from './allowed-hosts.ts'
import { ClientRequests } from './client-requests.ts'
import { InputSlab, inputMemory } from './input-slab.ts'
import { OipServer } from './oip-server.ts'
import { OutputSlab } from './output-slab.ts'
import { type ListenOptions, type ServeEnd, type ServeSetup, slotsFor } from './serve-setup.ts'
import type { ServedModel } from './served-model.ts'
import { SlotTable } from './slot-table.ts'
import { type TokenMemory, TokenSlab, tokenMemory } from './token-slab.ts'

/** How long answers are written after the last request has ended, ms. */
const LAST_ANSWERS_MS = 2000

/** A scenario that serves clients, in the process of its fleet. */
export class ServedSystem {
  readonly #setup: ServeSetup
  readonly #inputs: readonly SharedInputs[]
  readonly #tokens: TokenMemory | null

  /** Throws `Failure` where inputs are too large. */
  constructor(setup: ServeSetup) {
    this.#setup = setup
    const slots = slotsFor(setup)
    this.#inputs = setup.models.map(({ name, inputs, maxLength }) =>
      inputMemory(inputs, { slots, maxLength, model: name }),
    )
    const contexts = setup.decoders.map(({ context }) => context)
    this.#tokens = contexts.length === 0 ? null : tokenMemory(slots, Math.max(...contexts))
  }

  /** What its executors share with the thread of clients. */
  get fleet(): ServedFleet {
    const { pools } = this.#setup
    const inputs = pools.map(
      ({ model, lengths }) => lengths && { inputs: this.#inputs[model]!, lengths },
    )
    return { slots: slotsFor(this.#setup), inputs, tokens: this.#tokens }
  }

  /**
   * Serves until `stopped` resolves, and then until its requests have ended, or `drainMs` long.
   * Throws `Failure` where it cannot listen.
   */
  async serve(
    threads: FleetThreads,
    plan: ServingPlan,
    {
      stopped,
      onListening,
      ...listen
    }: ListenOptions & {
      readonly stopped: Promise<void>
      readonly onListening: (port: number) => void
    },
  ): Promise<ServeEnd> {
    const { served } = threads
    if (served === null) throw new Error('Expected a fleet that was opened for clients')
    const { models, decoders, classes, maxRequests } = this.#setup
    const table = new SlotTable(served.table)
    const clock = new WallClock(served.epochNs)
    const outputs = served.outputs.map((memory) => memory && new OutputSlab(memory))
    const tokens = served.tokens && new TokenSlab(served.tokens)
    const inputs = models.map((model, i) => new InputSlab(model.inputs, this.#inputs[i]!))
    const now = () => clock.now()
    const clients = new ClientRequests({ table, maxRequests, inputs, outputs, tokens, now })
    const hosts = new AllowedHosts(listen.host, listen.allowedHosts)
    const options = {
      models: this.#models(plan, outputs),
      decoders,
      classes,
      hosts,
      version: build().version,
    }
    const server = new OipServer(options, clients)
    const ended = threads.perform({ kind: 'serve', plan }, () => {})
    // of no interest where requests are not waited for
    ended.catch(() => {})
    void clients.watch()
    void clients.watchTokens()
    onListening(await server.listen(listen))
    const late = stopped.then(async () => {
      server.stop()
      table.close()
      await new Promise((resolve) => setTimeout(resolve, listen.drainMs))
    })
    await Promise.race([ended, late])
    clients.settle()
    const left = server.inFlight
    await server.closed(left === 0 ? LAST_ANSWERS_MS : 0)
    return { requests: server.ended, left }
  }

  /** Models with their outputs, which replicas and pools of one model have in common. */
  #models(plan: ServingPlan, outputs: readonly (OutputSlab | null)[]): ServedModel[] {
    const { models, pools } = this.#setup
    const { poolOf } = topologyOf(plan)
    return models.map((model, number) => {
      const all = outputs.flatMap((slab, executor) =>
        slab !== null && pools[poolOf[executor]!]!.model === number ? slab : [],
      )
      const { specs } = all[0]!.memory
      if (all.some((one) => JSON.stringify(one.memory.specs) !== JSON.stringify(specs))) {
        throw new Failure(`model ${model.name}: its pools have other outputs, so none is served`)
      }
      return { ...model, outputs: specs }
    })
  }
}
