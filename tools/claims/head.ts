import type { Host } from '../../sim/documents/index.ts'
import type { StudyName } from './figures/index.ts'
import type { StudyRecord } from './record.ts'

/**
 * The line below the title of a page: of which code its figures are, when and where they were
 * measured. It is written from the record, between two comments.
 */

const start = (study: StudyName) => `<!-- record of ${study} -->`
const END = '<!-- end of record -->'

/** Digits of a commit in text. */
const DIGITS = 12

export const commitText = (commit: string | null, digits = DIGITS) =>
  commit === null ? 'an unknown commit' : `\`${commit.slice(0, digits)}\``

/** "AMD EPYC, 2 cores". */
export const machineText = ({ cpu, cores }: Host) => `${cpu}, ${cores} cores`

export function minutesText(minutes: number): string {
  return minutes < 1 ? 'less than a minute' : `${minutes.toFixed(0)} minutes`
}

export function headOf(record: StudyRecord<StudyName>): string {
  const { study, command, commit, changed, date, transcribed, machine, minutes, data } = record
  const where =
    machine === null
      ? []
      : [
          `on ${machineText(machine)} (${machine.platform}, Node ${machine.node}, ONNX Runtime ${machine.onnxruntime})`,
        ]
  const duration = minutes === null ? [] : [`in ${minutesText(minutes)}`]
  const tree = changed ? ', with uncommitted changes' : ''
  const sentences = [
    [`Measured at commit ${commitText(commit)}${tree}`, `on ${date}`, ...where, ...duration].join(
      ', ',
    ),
    ...(transcribed ? ['This line is taken from the history of the page'] : []),
    ...(data === null ? [] : [`Needs data outside the repository: ${data}`]),
    `\`npm run claims ${study}\` says whether it is stale; \`${command}\` measures again`,
  ]
  return [start(study), `${sentences.join('. ')}.`, END].join('\n')
}

/** A page with the head of its record: in place of an earlier one, or below the title. */
export function withHead(page: string, record: StudyRecord<StudyName>): string {
  const from = page.indexOf(start(record.study))
  const to = page.indexOf(END, from)
  if (from >= 0 && to >= 0) {
    return page.slice(0, from) + headOf(record) + page.slice(to + END.length)
  }
  const [title, ...rest] = page.split('\n')
  return [title, '', headOf(record), ...rest].join('\n')
}
