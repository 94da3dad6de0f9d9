import { Argument } from 'commander'
import { type Article, runStudy, writeArticle } from '../study.ts'
import { accelerators } from './accelerators/page.ts'
import { charts } from './charts.ts'
import { fleet } from './fleet/page.ts'
import { vllm } from './vllm/page.ts'

/** Published charts, reproduced: `npm run articles -- --help`. */

const PARTS: Readonly<Record<string, Article>> = { accelerators, fleet, vllm }

await runStudy<{ readonly write?: true }>({
  script: 'articles',
  description:
    'Reproduces charts that are quoted in the field from published measurements and real traces beside the repository. Exits with 1 if a limit of the concurrency sweeps is exceeded or the data are missing. Missed bars are printed.',
  examples: [
    ['', 'the pages of published charts and of accelerators, two minutes on one core'],
    ['-- accelerators', 'that page alone'],
    ['-- vllm', 'another limit of sequences of vLLM, predicted; ten minutes'],
    ['-- fleet', 'scalers and places on recorded traffic, an hour'],
    ['-- --write', 'keeps pages, charts and fitted scenarios'],
  ],
  define: (command) =>
    command
      .addArgument(new Argument('[part]', 'one page alone').choices(Object.keys(PARTS)))
      .option('--write', 'keep pages, charts and fitted scenarios'),
  smoke: (_folder, _options, { args: [part = ''] }) => {
    const { isThere, missing, smoke } = PARTS[part] ?? charts
    return isThere() ? smoke() : `skipped: ${missing}`
  },
  run: async ({ write = false }, { args: [part] }) => {
    const chosen: readonly Article[] = part === undefined ? [charts, accelerators] : [PARTS[part]!]
    for (const article of chosen) {
      if (!article.isThere()) {
        process.stderr.write(`${article.missing}\n`)
        process.exitCode = 1
        return
      }
      await writeArticle(article, write)
    }
  },
})
