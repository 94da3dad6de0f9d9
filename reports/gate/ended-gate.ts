import type { Gate } from '../../sim/documents/index.ts'
import { message } from './gate-annotations.ts'
import { escaped, quoted } from './gate-junit.ts'
import { footOf, inline, markerOf } from './gate-markdown.ts'

/** What a gate is of. */
export interface GateSubject {
  readonly gate: Gate['gate']
  readonly files: readonly string[]
  readonly command: string
}

/** A gate that ended without a document, and why: what reads its outputs must not find old ones. */
export interface EndedGate extends GateSubject, Pick<Gate, 'version'> {
  readonly problems: readonly string[]
}

const TITLE = 'Spillway gate: ended without a verdict'
const MOST = 20
const LONGEST = 2000

/** Markdown with the marker that the comment of this gate has. */
export function endedMarkdown({ gate, files, problems, version, command }: EndedGate): string {
  const shown = problems.slice(0, MOST).map((text) => `- ${inline(text.slice(0, LONGEST))}`)
  const more = problems.length > MOST ? [`- … and ${problems.length - MOST} more`] : []
  const lines = [markerOf(gate, files), `## 🛑 ${TITLE}`, '', ...shown, ...more]
  return `${lines.join('\n')}${footOf({ version, command })}`
}

/** JUnit XML with one error for each scenario. */
export function endedJunit({ gate, files, problems }: EndedGate): string {
  const counts = (n: number) => `tests="${n}" failures="0" errors="${n}" skipped="0"`
  const [first = ''] = problems
  const text = escaped(problems.slice(0, MOST).join('\n'))
  const suites = files.map((file) => {
    const at = `classname=${quoted(`${gate} gate`)} file=${quoted(file)} name="verdict" time="0.0"`
    const error = `<error type="ERROR" message=${quoted(first)}>${text}</error>`
    return [
      `  <testsuite name=${quoted(file)} ${counts(1)} file=${quoted(file)} time="0.0">`,
      `    <testcase ${at}>${error}</testcase>`,
      '  </testsuite>',
    ].join('\n')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="spillway gate" ${counts(files.length)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

/** One annotation, with the first problem. */
export const endedAnnotations = ({ problems }: EndedGate): string[] =>
  problems.slice(0, 1).map((text) => `::error title=${TITLE.replace(':', '%3A')}::${message(text)}`)
