import { visible } from '../../scenarios/index.ts'
import type { Gate, GateCase, GateMetric } from '../../sim/documents/index.ts'
import { signedPercent } from '../format.ts'
import {
  baseLines,
  caseTitle,
  changeLines,
  figureLines,
  inputLines,
  inputsInterval,
  metricName,
} from './gate-rows.ts'

/**
 * A gate as JUnit XML: a suite for each scenario, a case for each metric. FAIL is a failure, and
 * what is undecided or cannot be compared is skipped, with the reason.
 */
export function gateJunit(gate: Gate): string {
  const suites = gate.cases.map((gateCase) => suite(gate, gateCase))
  const totals = sums(suites.map(({ counts }) => counts))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="spillway gate" ${attributes(totals)}>`,
    ...suites.map(({ text }) => text),
    '</testsuites>',
    '',
  ].join('\n')
}

interface Counts {
  readonly tests: number
  readonly failures: number
  readonly errors: number
  readonly skipped: number
}

function suite(gate: Gate, gateCase: GateCase) {
  const title = caseTitle(gate, gateCase)
  const took = gateCase.measured === null ? 0 : 60 * gateCase.measured.minutes
  const at = `classname=${quoted(title)} file=${quoted(gateCase.file)}`
  const whole = `<testcase ${at} name="verdict" time="${took.toFixed(1)}">`
  // the verdict itself is a case, so that a suite is never empty
  const verdictCase =
    gateCase.verdict === 'FAIL'
      ? `${whole}<failure type="FAIL" message=${quoted(gateCase.reason)}>${escaped(changeLines(gateCase, gate.gate).join('\n'))}</failure></testcase>`
      : gateCase.verdict === 'UNDECIDED' || gateCase.verdict === 'NOT COMPARABLE'
        ? `${whole}<skipped message=${quoted(`${gateCase.verdict}: ${gateCase.reason}`)}/></testcase>`
        : `${whole}</testcase>`
  const cases = [verdictCase, ...gateCase.metrics.map((metric) => testCase(at, metric))]
  const counts: Counts = {
    tests: cases.length,
    failures: cases.filter((text) => text.includes('<failure ')).length,
    errors: 0,
    skipped: cases.filter((text) => text.includes('<skipped ')).length,
  }
  const seconds = ` file=${quoted(gateCase.file)} time="${took.toFixed(1)}"`
  const warnings = escaped(gate.warnings.join('\n'))
  const warned = gate.warnings.length === 0 ? [] : [`<system-err>${warnings}</system-err>`]
  const printed = [
    // neither a failure nor a skip has it
    ...(gateCase.verdict === 'NEW' ? [gateCase.reason] : []),
    ...figureLines(gateCase),
    ...baseLines(gateCase),
    ...inputLines(gateCase),
  ]
  const text = escaped(printed.join('\n'))
  const output = printed.length === 0 ? [] : [`<system-out>${text}</system-out>`]
  const lines = [...cases, ...output, ...warned].map((line) => `    ${line}`).join('\n')
  const open = `  <testsuite name=${quoted(title)} ${attributes(counts)}${seconds}>`
  return { counts, text: `${open}\n${lines}\n  </testsuite>` }
}

/** `at`: the attributes of its suite. The verdict has all of the time. */
function testCase(at: string, metric: GateMetric): string {
  const open = `<testcase ${at} name=${quoted(metricName(metric))} time="0.0">`
  const change = metric.ratio === null ? '' : ` ${signedPercent(metric.ratio - 1)}`
  const wide =
    metric.with_inputs === undefined ? '' : ` ${inputsInterval(metric)} with uncertain inputs`
  const note = metric.note === null ? '' : `: ${metric.note}`
  const text = quoted(`${metric.verdict}${change}${wide}${note}`)
  if (metric.verdict === 'FAIL') return `${open}<failure type="FAIL" message=${text}/></testcase>`
  if (metric.verdict === 'UNDECIDED') return `${open}<skipped message=${text}/></testcase>`
  return `${open}</testcase>`
}

const attributes = ({ tests, failures, errors, skipped }: Counts) =>
  `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}"`

const sums = (counts: readonly Counts[]): Counts => ({
  tests: counts.reduce((sum, { tests }) => sum + tests, 0),
  failures: counts.reduce((sum, { failures }) => sum + failures, 0),
  errors: 0,
  skipped: counts.reduce((sum, { skipped }) => sum + skipped, 0),
})

/** XML 1.0 has no other control characters, not even as entities; `visible` prints them. */
export const escaped = (text: string) =>
  visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

export const quoted = (text: string) =>
  `"${escaped(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`
