import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseKeptScenario } from './kept-scenario.ts'
import { parseScenario } from './parse.ts'

/** YAML blocks of a guide: sections of a scenario; the others are as below. */
function blocksOf(guide: string): string[] {
  const text = readFileSync(new URL(`../../docs/guides/${guide}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml!)
}

const sections = (yaml: string) => new Set(yaml.match(/^[a-z]+(?=:)/gm))

const HEAD = `spillway: 1
name: guide
duration_s: 700000
`
const MODELS = 'models: { scorer: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } } }\n'
/** Two classes, of a level each where the block has a queue of levels. */
const trafficOf = (yaml: string) => `traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 9 } }
  - { class: bulk, arrivals: { process: poisson, rate_rps: 1 }${
    yaml.includes('discipline: priority') ? ', priority: 2' : ''
  } }
`
const POOLS = 'pools: [{ name: central, model: scorer }]\n'

/** What the blocks of a guide do not say, where it is not the above. */
const OTHER: Readonly<Record<string, readonly string[]>> = {
  generation: [
    'models: { chat-8b: { work: { law: generation, base_ms: 8 } } }\n',
    `traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 9 }
    output_tokens: { distribution: geometric, mean: 200 }
`,
  ],
}

describe.each(['traffic', 'queues', 'clients', 'batching', 'generation', 'admission', 'memory'])(
  'the guide %s',
  (guide) => {
    const blocks = blocksOf(guide)

    test('has blocks', () => {
      expect(blocks.length).toBeGreaterThan(0)
    })

    test.each(blocks)('says what a scenario may say: %s', (yaml) => {
      const rest = (OTHER[guide] ?? [MODELS, trafficOf(yaml), POOLS]).filter(
        (own) => !sections(yaml).has(own.split(':')[0]!),
      )
      const text = HEAD + rest.join('') + yaml
      const { scenario } = parseScenario(text, { file: 'guide.yaml' })
      // and so does what a run keeps of it, in which every default is in place
      expect(parseKeptScenario(JSON.stringify(scenario), 'scenario.json')).toEqual(scenario)
    })
  },
)
