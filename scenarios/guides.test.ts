import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseScenario } from './load.ts'

/** YAML blocks of a guide: the traffic of a scenario, or its pools. */
function blocksOf(guide: string): string[] {
  const text = readFileSync(new URL(`../docs/guides/${guide}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml!)
}

const HEAD = `spillway: 1
name: guide
duration_s: 700000
models: { scorer: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } } }
`
const TRAFFIC = `traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 9 } }
  - { class: bulk, arrivals: { process: poisson, rate_rps: 1 }, priority: 2 }
`
/** What a guide's blocks do not say themselves, where it is more than that. */
const REST: Readonly<Record<string, { readonly head: string; readonly traffic: string }>> = {
  generation: {
    head: HEAD.replace(
      /^models.*$/m,
      'models: { chat-8b: { work: { law: generation, base_ms: 8 } } }',
    ),
    traffic: `traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 9 }
    output_tokens: { distribution: geometric, mean: 200 }
`,
  },
}
const POOLS = 'pools: [{ name: central, model: scorer }]\n'

describe.each(['traffic', 'queues', 'clients', 'generation'])('the guide %s', (guide) => {
  const blocks = blocksOf(guide)

  test('has blocks', () => {
    expect(blocks.length).toBeGreaterThan(0)
  })

  test.each(blocks)('says what a scenario may say: %s', (yaml) => {
    const { head, traffic } = REST[guide] ?? { head: HEAD, traffic: TRAFFIC }
    const text = yaml.startsWith('models:')
      ? head.replace(/^models.*\n/m, '') + yaml
      : head + (yaml.startsWith('pools:') ? traffic : POOLS) + yaml
    expect(() => parseScenario(text, { file: 'guide.yaml' })).not.toThrow()
  })
})
