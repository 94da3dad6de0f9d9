import { type Ms, STATUS } from '../../sim/serving/index.ts'
import type { Answered, Call } from '../live/call-memory.ts'
import { WallClock } from '../live/clock.ts'
import type { CompletionOptions, EngineRun } from '../live/engine.ts'
import { tokensOf } from '../live/generation/prompt-tokens.ts'
import { CallLimit } from './call-limit.ts'
import { CompletionClient } from './completion-client.ts'
import { timed } from './remote-engine.ts'

/** Connections to a server that generates, each with one answer at a time. */
export interface CompletionEngine {
  run(call: Call): Promise<EngineRun & Answered>
  close(): Promise<void>
}

/** Calls that try a server as it is opened, at most. */
const TRIALS = 2

/** Throws `Failure` where the server does not answer as it should. */
export async function openCompletionEngine(
  { target, vocabulary, sharedTokens }: CompletionOptions,
  epochNs: bigint,
  connections: number,
): Promise<CompletionEngine> {
  const { url, limits, parts } = target
  const limit = limits && new CallLimit(limits, new URL(url).host, parts)
  const clock = new WallClock(epochNs)
  for (let i = 0; i < TRIALS; i++) await limit?.pass(1)
  const client = await CompletionClient.open(target, { connections, now: () => clock.now() })
  return {
    async run({ inputTokens, outputTokens, class: number, ...rest }) {
      const content = { ...rest, class: number, sharedTokens: sharedTokens[number] ?? 0 }
      const prompt = tokensOf(content, inputTokens, vocabulary)
      const body = client.encode({ prompt, tokens: outputTokens })
      await limit?.pass(1)
      let firstToken: Ms = Number.NaN
      let uncounted = false
      const run = await timed(clock, async (started) => {
        const answer = await client.send(body, outputTokens)
        firstToken = answer.firstTokenMs
        uncounted = answer.tokens === null
        return started
      })
      return { ...run, firstToken: run.status === STATUS.ok ? firstToken : Number.NaN, uncounted }
    },
    close: () => client.close(),
  }
}
