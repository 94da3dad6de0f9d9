import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Gate } from '../../sim/documents/index.ts'
import { Random } from '../../sim/kernel/index.ts'
import { CLI, commandsIn, type Ended } from '../../test/command-line.ts'
import { changed } from '../../test/scenarios.ts'
import { chance, NASTY_STRINGS, pick, pickWeighted } from './choose.ts'
import { faultOf, isJudged } from './outcome.ts'
import { DECLARED } from './stock.ts'

/** Names of versions that are not what they seem: none is executed, none is read as an option. */

/**
 * Names that git takes for a tag, of a commit in which the scenario is slower or the same. A shell,
 * git or another program that reached them as code would make the file `marker`. Its path is
 * absolute: what is made in a checkout is removed with it.
 */
const tags = (marker: string): readonly string[] => [
  ...[`--output=${marker}`, '-x', '--exec-path=hacked', '--all', '--detach', '--force', '--help'],
  ...['-b', '--git-dir', '--prepare', '--run', '--json', '-c'],
  ...[`--upload-pack=touch$\{IFS}${marker}`, `$(touch$\{IFS}${marker})`],
  ...[`\`touch$\{IFS}${marker}\``, `;touch$\{IFS}${marker}`, '|sh', '&&true', "'x'"],
  ...['"x"', '$HOME', '%s%n', 'é', '\u202ex', '<b>x</b>', '-->', '--->', '##x', '#', '!!', '!1'],
  ...['0000000', 'deadbeef', 'a=b', 'a,b', '(x)', '@x', '{a,b}', 'refs', 'tags/x', 'HEAD.x'],
]

/** Other names of `main`. */
const MAIN: readonly string[] = [
  ...['main', 'heads/main', 'refs/heads/main', '@', 'HEAD', 'main^{commit}', 'main~0', 'HEAD^{}'],
  ...['HEAD^{/Add}', ':/Add a', 'other~1', 'other^'],
  // the commit that both have in common
  ...['main...other', 'other...main', '...other', 'other...', 'main...main', '...'],
]

/** Names that lead to no commit: they are refused. As code, some would make `marker`, too. */
const nothing = (marker: string): readonly string[] => [
  // git takes -- for the end of options, also where a tag has that name
  ...[
    '',
    ' ',
    '-',
    '--',
    '..',
    '../..',
    '../../../etc/passwd',
    '/etc/passwd',
    '.git/config',
    'nowhere',
  ],
  ...[
    '^main',
    'main..other',
    'main....other',
    'main...nowhere',
    'main...other...main',
    'main...^other',
    'main... --all',
    'main^{tree}',
    'main:declared.yaml',
    ':declared.yaml',
  ],
  ...['tree', 'blob', 'tag-of-tree', 'tag-of-blob', 'main^2', 'main~99', 'main^0^1', 'main^@'],
  ...['@{u}', '@{-9}', ':/nowhere', 'main\n', 'main\n::warning::x', '\nmain', 'main\t', '*', '?'],
  ...[
    `$(touch ${marker})`,
    `\`touch ${marker}\``,
    `main; touch ${marker}`,
    `main && touch ${marker}`,
    `main | touch ${marker}`,
  ],
  ...[
    `--upload-pack=touch ${marker}`,
    `-c core.fsmonitor='touch ${marker}'`,
    `ext::sh -c touch ${marker}`,
  ],
  ...[`--exec=touch ${marker}`, '--stdin', '--branches=*', '--glob=*', '--not', '--show-toplevel'],
  ...['main --force', 'main -- x', "main' '", 'main" "', 'x'.repeat(5000), 'a/'.repeat(2000)],
  ...NASTY_STRINGS.filter((text) => !text.includes('\0') && text.length < 1000).filter(
    (text) => !/\p{Surrogate}/u.test(text),
  ),
]

const kinds = (marker: string) => [
  { weight: 4, name: 'tag', refs: tags(marker) },
  { weight: 1, name: 'main', refs: MAIN },
  { weight: 5, name: 'nothing', refs: nothing(marker) },
]

interface RefOutcome {
  readonly kind: string
  readonly ref: string
  readonly code: number | null
  readonly faults: readonly string[]
}

/** A repository in which `main` and the tags have a scenario, and that of `other` is slower. */
class Repository {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder)
    this.git('init', '-q', '-b', 'main')
    writeFileSync(join(folder, 'declared.yaml'), DECLARED)
    this.git('add', '.')
    this.git('commit', '-q', '-m', 'Add a scenario')
    this.git('switch', '-q', '-c', 'other')
    writeFileSync(
      join(folder, 'declared.yaml'),
      changed(DECLARED, ['max_delay_ms: 4', 'max_delay_ms: 12']),
    )
    this.git('commit', '-q', '-a', '-m', 'Make it slower')
    this.git('switch', '-q', 'main')
    const tree = this.git('rev-parse', 'main^{tree}')
    const blob = this.git('rev-parse', 'main:declared.yaml')
    this.git('update-ref', 'refs/tags/tree', tree)
    this.git('update-ref', 'refs/tags/blob', blob)
    this.git('tag', '-a', '-m', 'of a tree', 'tag-of-tree', tree)
    this.git('tag', '-a', '-m', 'of a blob', 'tag-of-blob', blob)
  }

  git(...args: string[]): string {
    const names = ['-c', 'user.name=t', '-c', 'user.email=t@t']
    const options = { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', [...names, ...args], options).trim()
  }

  /** All that a gate must leave as it is. */
  state(): string {
    return JSON.stringify([
      readdirSync(this.folder).sort(),
      this.git('status', '--porcelain'),
      this.git('for-each-ref'),
      this.git('worktree', 'list', '--porcelain'),
      this.git('config', '--list', '--local'),
    ])
  }
}

/** Whether it was refused (null), or compared with this very commit. */
function isExpected({ code, stdout, stderr }: Ended, ref: string, commit: string | null): boolean {
  if (commit === null)
    return code === 3 && /: --against-ref .*git knows no such commit/.test(stderr)
  if (!isJudged(code)) return false
  const { cases } = JSON.parse(stdout) as Gate
  return cases[0]!.base === `${ref} (${commit.slice(0, 12)})`
}

/** Gates against `count` names; those that exist are made first. */
export async function fuzzRefs(
  count: number,
  seed: number,
  onOutcome: (outcome: RefOutcome) => void = () => {},
): Promise<readonly RefOutcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-refs-'))
  try {
    const repository = new Repository(join(folder, 'repository'))
    const temporary = join(folder, 'tmp')
    mkdirSync(temporary)
    const marker = join(folder, 'executed')
    const hostile = kinds(marker)
    const variables = {
      ...{ TMPDIR: temporary, GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' },
      // nothing listens there
      npm_config_registry: 'http://127.0.0.1:9/',
    }
    const { runProcess } = commandsIn(repository.folder, {
      variables: { ...variables, SPILLWAY_CACHE: join(folder, 'cache') },
    })
    const outcomes: RefOutcome[] = []
    for (let i = 0; i < count; i++) {
      const random = new Random(`refs/${seed}/${i}`)
      const { name: kind, refs } = pickWeighted(random, hostile)
      const ref = pick(random, refs)
      const target = kind === 'tag' && chance(random, 0.5) ? 'other' : 'main'
      if (kind === 'tag') repository.git('update-ref', `refs/tags/${ref}`, `refs/heads/${target}`)
      const before = repository.state()
      const option = chance(random, 0.5) ? ['--against-ref', ref] : [`--against-ref=${ref}`]
      // by default nothing of the other version is executed, and nothing is fetched to do so
      const run = chance(random, 0.5) ? ['--run', `node ${CLI} simulate`] : []
      const args = ['gate', 'declared.yaml', ...option, ...run, '--replications', '2', '--json']
      const ended = await runProcess(...args)
      const fault = faultOf(args, { ...ended, signal: null, peakMib: 0, overran: 'no' })
      const faults = fault === null ? [] : [fault]
      const commit = kind === 'nothing' ? null : repository.git('rev-parse', `refs/heads/${target}`)
      if (!isExpected(ended, ref, commit)) {
        faults.push(`ends with ${ended.code}: ${(ended.stdout + ended.stderr).slice(0, 300)}`)
      }
      if (existsSync(marker)) faults.push('executes the name')
      rmSync(marker, { force: true })
      if (repository.state() !== before) faults.push('changes the repository')
      const left = readdirSync(temporary)
      if (left.length > 0) faults.push(`leaves ${left.join(', ')}`)
      if (kind === 'tag') repository.git('update-ref', '-d', `refs/tags/${ref}`)
      outcomes.push({ kind, ref, code: ended.code, faults })
      onOutcome(outcomes.at(-1)!)
    }
    return outcomes
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
