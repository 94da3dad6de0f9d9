import { expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { resolveSystem, runReplication, simulationInput, withoutFiles } from '../index.ts'
import { simulatedResult } from './result.ts'
import { wholePromptWarnings } from './whole-prompts.ts'

/** Half of the prompts are above 2,048 tokens. */
const systemOf = (generation: string) => {
  const text = `spillway: 1
name: whole
duration_s: 600
models: { m: { work: { law: generation, base_ms: 10, per_sequence_ms: 0.1, per_prefill_token_ms: 0.05 } } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 2 }
    input_tokens: { distribution: uniform, min: 100, max: 4000 }
    output_tokens: { distribution: fixed, value: 200 }
pools:
  - { name: p, model: m, generation: { policy: continuous, ${generation} } }
`
  const { scenario } = parseScenario(text, { file: 'whole.yaml' })
  return resolveSystem(withoutFiles({ scenario, hash: 'x', file: 'whole.yaml' }), null)
}

const firstToken = (system: ReturnType<typeof systemOf>) => {
  const run = runReplication(simulationInput(system.scenario), 0)
  const by = { version: '1', commit: null, profile: null }
  const { warnings, classes } = simulatedResult(system, [run], by)
  return { warnings, meanMs: classes[0]!.tokens!.ttft.mean.value! }
}

test('whole prompts above the budget are a warning where decoding goes first, and it is true', () => {
  const whole = firstToken(systemOf('chunked_prefill: false'))
  expect(whole.warnings.join('\n')).toMatch(
    /pool p: prompts of up to 4,000 tokens are above the token_budget of 2,048/,
  )
  const chunked = firstToken(systemOf('chunked_prefill: true'))
  expect(chunked.warnings.join('\n')).not.toContain('token_budget')
  expect(whole.meanMs).toBeGreaterThan(3 * chunked.meanMs)
})

test.each([
  'chunked_prefill: true',
  'chunked_prefill: false, first: prefill',
  'chunked_prefill: false, token_budget: 4096',
])('without such a wait there is none: %s', (generation) => {
  expect(wholePromptWarnings(systemOf(generation))).toEqual([])
})
