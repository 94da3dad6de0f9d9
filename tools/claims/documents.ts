import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { packageDirectory } from '../../runtime/version.ts'
import { markdownTable } from '../markdown-table.ts'
import { CLAIMS, type Claim } from './claims.ts'
import { FIGURES, type StudyName } from './figures/index.ts'
import { commitText, machineText, minutesText, withHead } from './head.ts'
import { readRecord, type StudyRecord } from './record.ts'
import { commandOf, minutesOf, SIMULATION, STUDIES } from './studies.ts'

/** What is written from records: the table of README, the page of claims, and heads of pages. */

const README = 'README.md'
const PAGE = 'docs/background/claims.md'
/** Around the table in README. */
const START = '<!-- claims: npm run claims -- --write -->'
const END = '<!-- end of claims -->'
/** Digits of a commit in a table. */
const DIGITS = 8

/** In the order of the table. */
const ORDER = Object.keys(CLAIMS) as StudyName[]

/** A claim without the type of its figures, which the record was checked to have. */
interface Stated {
  readonly study: StudyName
  readonly claim: Pick<Claim<unknown>, 'question' | 'inReadme' | 'guides'>
  readonly record: StudyRecord<StudyName> | null
  readonly answer: string
}

export function statedClaims(): Stated[] {
  return ORDER.flatMap((study) => statedOf(study))
}

export function statedOf<Name extends StudyName>(study: Name): Stated[] {
  const record = readRecord(study)
  return CLAIMS[study].map((claim) => {
    const answer = record === null ? 'never run' : claim.answer(record.figures)
    return { study, claim, record, answer }
  })
}

const recordedText = (record: Stated['record']) =>
  record === null ? 'never run' : `${commitText(record.commit, DIGITS)}, ${record.date}`

/** A link from the folder of a page. */
const linkFrom = (folder: string, text: string, path: string) =>
  `[${text}](${folder === '' ? path : path.replace('docs/', '../')})`

function scoreboard(): string {
  const rows = statedClaims()
    .filter(({ claim }) => claim.inReadme)
    .map(({ study, claim, record, answer }) => {
      const { page } = STUDIES[study]
      const name = page?.replace(/^.*\/|\.md$/g, '').replaceAll('-', ' ')
      const guides = Object.entries(claim.guides ?? {}).map(([text, path]) =>
        linkFrom('', text, path),
      )
      const sources = [
        ...(page === null ? [] : [linkFrom('', name!, page)]),
        `\`npm run ${STUDIES[study].script}\``,
        ...(guides.length === 0 ? [] : [`guides: ${guides.join(', ')}`]),
      ]
      return [claim.question, answer, sources.join(', '), recordedText(record)]
    })
  return markdownTable(['question', 'figure', 'measured by', 'commit, date'], rows, 'llll')
}

function claimsPage(): string {
  const rows = statedClaims().map(({ study, claim, record, answer }) => {
    const { page } = STUDIES[study]
    return [
      page === null ? study : linkFrom('docs/background', study, page),
      claim.question,
      answer,
      record === null ? 'never run' : recordedText(record) + (record.transcribed ? ' (*)' : ''),
    ]
  })
  const studies = ORDER.map((study) => {
    const { data } = STUDIES[study]
    const minutes = minutesOf(STUDIES[study], readRecord(study))
    const record = readRecord(study)
    return [
      study,
      `\`${commandOf(STUDIES[study])}\``,
      minutes === null ? 'unknown' : minutesText(minutes),
      record?.machine ? machineText(record.machine) : 'unknown',
      data ?? '–',
      dependsText(study),
    ]
  })
  const heads = ['study', 'command', 'takes', 'machine', 'data outside the repository']
  return `# Claims and their records

\`npm run claims -- --write\` writes this page from [the records of studies](records). \`npm run claims\` prints the same, and says of each record whether it is current:
whether commits after it touch what it depends on. \`npm run claims -- --run\` runs again what is not.

Each figure is of the commit beside it, and no other. Errors are relative, simulated − measured; "at worst" is the largest in size.

${markdownTable(['study', 'question', 'figures', 'commit, date'], rows, 'llll')}

(*) Taken from what a run had written before there were records: its date and commit are those of that page or document.

## Studies

A record is stale where a later commit touches one of these files or folders; tests do not count. *Simulation* stands for ${SIMULATION.map(code).join(' ')}.

${markdownTable([...heads, 'depends on'], studies, 'llllll')}
`
}

const code = (path: string) => `\`${path.replace(/^:\(glob\)/, '')}\``

function dependsText(study: StudyName): string {
  const { dependsOn } = STUDIES[study]
  const simulates = SIMULATION.every((path) => dependsOn.includes(path))
  const others = simulates ? dependsOn.filter((path) => !SIMULATION.includes(path)) : dependsOn
  return [...(simulates ? ['*simulation*'] : []), ...others.map(code)].join(' ')
}

/** README with its table written anew. Throws where the comments around it are missing. */
function withScoreboard(readme: string): string {
  const [from, to] = [readme.indexOf(START), readme.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`${README}: expected ${START} … ${END}`)
  return `${readme.slice(0, from)}${START}\n\n${scoreboard()}\n\n${readme.slice(to)}`
}

/** Every file that is written from records, by path: what it should hold. */
export function documents(root = packageDirectory()): Map<string, string> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const all = new Map([
    [README, withScoreboard(read(README))],
    [PAGE, claimsPage()],
  ])
  for (const study of Object.keys(FIGURES) as StudyName[]) {
    const [{ page }, record] = [STUDIES[study], readRecord(study)]
    if (page !== null && record !== null) all.set(page, withHead(read(page), record))
  }
  return all
}

/** Writes the documents that differ; returns their paths. */
export async function writeDocuments(root = packageDirectory()): Promise<string[]> {
  const written: string[] = []
  for (const [path, text] of documents(root)) {
    const file = join(root, path)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    await writeWhole(file, text)
    written.push(path)
  }
  return written
}
