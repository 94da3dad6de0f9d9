import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codeBlocks } from '../../tools/docs/code-blocks.ts'
import { parseKeptScenario, parseScenario } from './parse.ts'

/** YAML blocks of a guide: sections of a scenario; the other sections are below. */
function blocksOf(guide: string): string[] {
  const text = readFileSync(new URL(`../../docs/guides/${guide}.md`, import.meta.url), 'utf8')
  return codeBlocks(text)
    .filter(({ language }) => language === 'yaml')
    .map(({ text: yaml }) => yaml)
}

const sections = (yaml: string) => new Set(yaml.match(/^[a-z]+(?=:)/gm))

const HEAD = `spillway: 1
name: guide
duration_s: 700000
`
const MODELS = 'models: { scorer: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } } }\n'
/** Two classes, with a priority each if the block has a queue with levels. */
const trafficOf = (yaml: string) => `traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 9 } }
  - { class: bulk, arrivals: { process: poisson, rate_rps: 1 }${
    yaml.includes('discipline: priority') ? ', priority: 2' : ''
  } }
`
const POOLS = 'pools: [{ name: central, model: scorer }]\n'

/** Sections that the blocks of a guide leave out and that differ from the defaults above. */
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

    test.each(blocks)('has valid scenario sections: %s', (yaml) => {
      const rest = (OTHER[guide] ?? [MODELS, trafficOf(yaml), POOLS]).filter(
        (section) => !sections(yaml).has(section.split(':')[0]!),
      )
      const head = sections(yaml).has('spillway') ? '' : HEAD
      const text = head + rest.join('') + yaml
      const { scenario } = parseScenario(text, { file: 'guide.yaml' })
      // and so does the kept scenario of a run, with every default filled in
      expect(parseKeptScenario(JSON.stringify(scenario), 'scenario.json')).toEqual(scenario)
    })
  },
)
