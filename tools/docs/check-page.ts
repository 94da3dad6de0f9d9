import { type ShownCommand, withoutBlankEnd } from './code-blocks.ts'
import { currentOutput, differences, exact, live } from './compare-output.ts'
import { type CommandRun, type PageOptions, runPage } from './run-page.ts'

/** The commands and outputs of a page, compared with a run of them. */
export interface PageCheck {
  /** commands that failed, each with `page:line` first */
  readonly failures: readonly string[]
  /** failures and outputs that differ */
  readonly problems: readonly string[]
  /** the page with the output of this run; a failed command keeps the output that the page shows */
  readonly current: string
}

/** Runs the commands of a page. `page` is its name in problems. */
export async function checkPage(
  page: string,
  markdown: string,
  options: PageOptions = {},
): Promise<PageCheck> {
  const runs = await runPage(markdown, options)
  const ended = runs.filter(({ failure }) => failure === null)
  const failures = runs
    .filter(({ failure }) => failure !== null)
    .map(({ shown, failure }) => `${page}:${shown.line}: $ ${shown.command}\n  ${failure}`)
  const problems = [...failures, ...ended.flatMap((run) => differencesOf(page, run))]
  return { failures, problems, current: withOutputs(markdown, ended) }
}

/** What a command printed, without blank lines at both ends. */
function printedLines({ printed }: CommandRun): string[] {
  const lines = withoutBlankEnd(printed.split('\n'))
  const first = lines.findIndex((line) => line !== '')
  return first < 0 ? [] : lines.slice(first)
}

const comparisonOf = ({ isLive }: CommandRun) => (isLive ? live : exact)

function differencesOf(page: string, run: CommandRun): string[] {
  const { command, output, outputLine } = run.shown
  return differences(output, printedLines(run), comparisonOf(run)).map(({ at, shown, printed }) =>
    [
      `${page}:${outputLine + at}: $ ${command}`,
      ...shown.map((text) => `  - ${text}`),
      ...printed.map((text) => `  + ${text}`),
    ].join('\n'),
  )
}

function withOutputs(markdown: string, runs: readonly CommandRun[]): string {
  const lines = markdown.split('\n')
  for (const run of [...runs].reverse()) {
    const { output, outputLine } = run.shown
    const printed = currentOutput(output, printedLines(run), comparisonOf(run))
    const indentation = indentationOf(lines, run.shown)
    const indented = printed.map((text) => (text === '' ? '' : indentation + text))
    lines.splice(outputLine - 1, output.length, ...indented)
  }
  return lines.join('\n')
}

const indentationOf = (lines: readonly string[], { line }: ShownCommand) =>
  /^\s*/.exec(lines[line - 1]!)![0]
