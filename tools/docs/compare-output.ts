/** How the output that a page shows is compared with what a command prints. */

/** A line that stands for any lines, also none. */
const ELISION = '…'

/** A way to compare single lines. */
export interface LineComparison {
  same(shown: string, printed: string): boolean
  /** The printed line as the page should show it in place of `shown`. */
  current(shown: string, printed: string): string
  /** Whether a shown line may have none that is printed. */
  mayMiss(shown: string): boolean
}

/** Letter by letter. */
export const exact: LineComparison = {
  same: (shown, printed) => shown === printed,
  current: (_, printed) => printed,
  mayMiss: () => false,
}

/**
 * Word by word: figures, units, verdicts and spaces may differ, and so may the reason of a verdict,
 * which is the rest of the line. A `…` at the end of a line stands for its rest. The row of a
 * percentile above the median may be missing.
 */
export const live: LineComparison = {
  same(shown, printed) {
    const isAlike = shown.endsWith(ELISION)
      ? masked(printed).startsWith(masked(shown.slice(0, -1)))
      : masked(printed) === masked(shown)
    if (isAlike) return true
    const [shownVerdict, printedVerdict] = [VERDICT.exec(shown), VERDICT.exec(printed)]
    if (shownVerdict === null || printedVerdict === null) return false
    return (
      masked(shown.slice(0, shownVerdict.index)) === masked(printed.slice(0, printedVerdict.index))
    )
  },
  current(shown, printed) {
    if (!shown.endsWith(ELISION)) return printed
    const start = masked(shown.slice(0, -1))
    const words = printed.split(/(?<=\S)(?=\s)/)
    const upTo = (last: number) => words.slice(0, last + 1).join('')
    const last = words.findLastIndex((_, i) => masked(upTo(i)) === start)
    return last < 0 ? printed : `${upTo(last)} ${ELISION}`
  },
  // a slow machine has fewer requests at the same load, and a percentile that these do not support
  // has no row; the median always has one
  mayMiss: (shown) => /^p(?!50\s)\d+(?:\.\d+)?\s/.test(shown),
}

const NUMBER = String.raw`(?:[<>≈]\s?)?[−+±-]?\$?\d+(?:,\d{3})*(?:\.\d+)*(?:e[−+-]?\d+)?`
const UNIT = String.raw`(?:\s?(?:%|×|x|(?:n|µ|m)?s|min|h|k?B|[KMG]i?B|points|times)(?![\p{L}\d]))?`
const INTERVAL = String.raw`(?:\s\[${NUMBER}${UNIT},\s?${NUMBER}${UNIT}\])?`
/** `=` marks a ratio without a difference. */
const FIGURE = String.raw`(?<![\p{L}\d_.-])${NUMBER}${UNIT}${INTERVAL}${UNIT}(?:\s=(?=\s|$))?`

const VERDICT =
  /\b(?:NOT COMPARABLE|PASS|FAILS?|MEETS|UNDECIDED|IMPROVED|NEW|OVERLOADED|METASTABLE)\b/

/** What time and the machine decide; each becomes `#`. */
const MASKS: readonly RegExp[] = [
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g,
  // a hash, such as that of a commit
  /\b(?=[a-f]*\d)(?=\d*[a-f])[\da-f]{7,64}\b/g,
  new RegExp(FIGURE, 'gu'),
  new RegExp(VERDICT, 'g'),
  // which percentiles `doctor --noise` found that a machine can decide
  /\b(?:none|up to p[\d.]+)(?:; p[\d.]+ needs a longer measurement)?$/g,
  // a figure or a verdict that there is not
  /(?<=^|\s)–(?=\s|$)/g,
]

/** A line in which figures, verdicts and the number of spaces make no difference. */
function masked(line: string): string {
  return MASKS.reduce((text, mask) => text.replace(mask, '#'), line)
    .replace(/\s+/g, ' ')
    .trim()
}

/** Line numbers from 0; null where the other side has no such line. */
interface Step {
  readonly shown: number | null
  readonly printed: number | null
  readonly cost: number
}

/** Cost of a line that stands on one side only. */
const ALONE = 1

/**
 * The cheapest alignment of shown with printed lines. An elision costs nothing, however many lines
 * it stands for. Two lines whose `cost` is above 2 are no pair.
 */
function align(
  shown: readonly string[],
  printed: readonly string[],
  cost: (shown: string, printed: string) => number,
): Step[] {
  const [rows, columns] = [shown.length, printed.length]
  /** Cost of what follows row i and column j. */
  const rest = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1))
  const total = ({ shown, printed, cost }: Step, i: number, j: number) =>
    cost + rest[i + (shown === null ? 0 : 1)]![j + (printed === null ? 0 : 1)]!
  const stepsAt = (i: number, j: number): Step[] => {
    const skip = shown[i] === ELISION ? 0 : ALONE
    return [
      ...(i < rows && j < columns && skip > 0
        ? [{ shown: i, printed: j, cost: cost(shown[i]!, printed[j]!) }]
        : []),
      ...(i < rows ? [{ shown: i, printed: null, cost: skip }] : []),
      ...(j < columns ? [{ shown: null, printed: j, cost: skip }] : []),
    ]
  }
  for (let i = rows; i >= 0; i--) {
    for (let j = columns; j >= 0; j--) {
      const totals = stepsAt(i, j).map((step) => total(step, i, j))
      rest[i]![j] = totals.length === 0 ? 0 : Math.min(...totals)
    }
  }
  const steps: Step[] = []
  for (let i = 0, j = 0; i < rows || j < columns; ) {
    const step = stepsAt(i, j).find((step) => total(step, i, j) === rest[i]![j])!
    steps.push(step)
    if (step.shown !== null) i++
    if (step.printed !== null) j++
  }
  return steps
}

/** Neighbouring lines that differ. */
export interface Difference {
  /** number of the shown line at which they stand, from 0 */
  readonly at: number
  readonly shown: readonly string[]
  readonly printed: readonly string[]
}

/** Where the output differs; an empty list if it does not. */
export function differences(
  shown: readonly string[],
  printed: readonly string[],
  { same, mayMiss }: LineComparison,
): Difference[] {
  const results: Difference[] = []
  let open: { at: number; shown: string[]; printed: string[] } | null = null
  let at = 0
  const cost = (shownLine: string, printedLine: string) => {
    if (same(shownLine, printedLine)) return 0
    // such lines stand side by side in the difference, also beside an elision
    return firstWord(shownLine) === firstWord(printedLine) ? 0.9 * ALONE : 2 * ALONE + 1
  }
  for (const step of align(shown, printed, cost)) {
    if (step.cost > 0) {
      if (open === null) results.push((open = { at, shown: [], printed: [] }))
      if (step.shown !== null) open.shown.push(shown[step.shown]!)
      if (step.printed !== null) open.printed.push(printed[step.printed]!)
    } else open = null
    if (step.shown !== null) at = step.shown + 1
  }
  return results.filter(
    (difference) => difference.printed.length > 0 || !difference.shown.every(mayMiss),
  )
}

/**
 * The output that the page should show now. Elisions stay where each shown line still has one that
 * begins with the same word; otherwise the output is shown as a whole.
 */
export function currentOutput(
  shown: readonly string[],
  printed: readonly string[],
  { same, current }: LineComparison,
): readonly string[] {
  if (!shown.some((line) => line.endsWith(ELISION))) return printed
  const cost = (shownLine: string, printedLine: string) => {
    if (shownLine === printedLine) return 0
    if (same(shownLine, printedLine)) return 0.0001
    return firstWord(shownLine) === firstWord(printedLine) ? 0.001 : 2 * ALONE + 1
  }
  const steps = align(shown, printed, cost)
  if (steps.some(({ cost }) => cost >= ALONE)) return printed
  return steps.flatMap((step) => {
    if (step.shown === null) return []
    if (step.printed === null) return [ELISION]
    return [current(shown[step.shown]!, printed[step.printed]!)]
  })
}

const firstWord = (line: string) => /\S*/.exec(line.trimStart())![0]
