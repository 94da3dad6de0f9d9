import type { TopLevelSpec } from 'vega-lite'
import { toSvg } from '../../reports/charts/render.ts'
import { GALLERY } from './entries/index.ts'
import type { Entry } from './entry.ts'
import { pathOf } from './simulated.ts'

export const ENTRIES: readonly Entry[] = GALLERY.flatMap(({ entries }) => entries)

/** The section of an entry on the page, and its picture. */
export interface MadeEntry {
  readonly section: string
  readonly svg: string
}

/** Simulates an entry. Throws `Failure` where its data are missing. */
export async function make(entry: Entry): Promise<MadeEntry> {
  const { chart, answer } = await entry.show()
  return { section: sectionOf(entry, titleOf(chart), answer), svg: `${await toSvg(chart)}\n` }
}

/** The chart's title: its finding. */
function titleOf({ title }: TopLevelSpec): string {
  return (title as { readonly text: readonly string[] }).text.join(' ')
}

function sectionOf(entry: Entry, title: string, answer: string): string {
  const { name, question, commands, sources } = entry
  const from = sources.map(({ text }) => text).join(' and ')
  return [
    `### ${name}`,
    filled(`**${question}** ${linksOf(entry)}`),
    `![${title}](${name}.svg)`,
    filled(answer),
    ...(sources.length === 0 ? [] : [filled(`Data, no part of the repository: ${from}.`)]),
    ['```sh', ...commands, '```'].join('\n'),
  ].join('\n\n')
}

function linksOf({ scenarios }: Entry): string {
  const links = scenarios.map((name) => `[${name}.yaml](../../${pathOf(name)})`)
  return `(${links.join(', ')})`
}

const COLUMNS = 150

/** Text broken into lines between its words. */
function filled(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

const HEAD = `# Gallery

Every shipped scenario with its question, a picture and an answer. \`npm run docs:gallery\` simulates them and writes this page with its pictures.
\`npm run docs:gallery -- --check\` compares both with what the simulations give now.

Nothing here was replayed. Seeds are those of the files, replications those of the commands, and brackets hold 95 % intervals. A verdict is PASS or
FAIL where the whole interval is on one side of the limit. The commands run in a checkout. Those with \`--profile\` take the times of models from the
profile that ships, which was measured on two cores of an AMD EPYC. Those of traces need the trace in the working folder, and print the same figures
then.`

/** The page, of the section of each entry by its name. */
export function pageOf(sections: ReadonlyMap<string, string>): string {
  const contents = GALLERY.map(({ title, entries }) => {
    const links = entries.map(({ name }) => `[${name}](#${name})`)
    return `- ${title}: ${links.join(', ')}`
  })
  const groups = GALLERY.map(({ title, entries }) => {
    return [`## ${title}`, ...entries.map(({ name }) => sections.get(name) ?? '')].join('\n\n')
  })
  return `${[HEAD, contents.join('\n'), ...groups].join('\n\n')}\n`
}

/** The section of each entry that a page has. */
export function sectionsOf(page: string): Map<string, string> {
  const parts = page.split(/\n+(?=##+ )/)
  return new Map(
    parts.flatMap((part) => {
      const [, name] = /^### (.+)/.exec(part) ?? []
      return name === undefined ? [] : [[name, part.trimEnd()] as const]
    }),
  )
}
