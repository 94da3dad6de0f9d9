import { createMarkdownRenderer, disposeMdItInstance } from 'vitepress'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markdownOptions } from './markdown.ts'

/** The Markdown of pages in the renderer of VitePress, with an address of the repository. */

const REPOSITORY = 'https://example.org/someone/spillway'

function renderer(repository: string | null) {
  disposeMdItInstance()
  return createMarkdownRenderer('docs', markdownOptions(repository))
}

type Renderer = Awaited<ReturnType<typeof renderer>>
const render = (md: Renderer, text: string) =>
  md.render(text, { relativePath: 'guides/page.md', path: 'docs/guides/page.md' })

let md: Renderer
beforeAll(async () => {
  md = await renderer(REPOSITORY)
})
afterAll(disposeMdItInstance)

describe('links', () => {
  test.each([
    ['../../scenarios/library/first.yaml', 'scenarios/library/first.yaml'],
    ['../design/003-comparison.md#verdicts', 'docs/design/003-comparison.md#verdicts'],
    ['../../CONTRIBUTING.md', 'CONTRIBUTING.md'],
    ['../images/report.png', 'docs/images/report.png'],
    ['../design', 'docs/design'],
  ])('%s leads to the repository', async (href, path) => {
    expect(render(md, `a [link](${href}) b`)).toContain(`href="${REPOSITORY}/blob/main/${path}"`)
  })

  test.each([
    ['plan.md', './plan'],
    ['../reference/glossary.md#control-plane', './../reference/glossary#control-plane'],
    ['#prefilldecode-disaggregation', '#prefilldecode-disaggregation'],
    ['https://example.org/x', 'https://example.org/x'],
  ])('%s stays', async (href, same) => {
    const { cleanUrls, relativePath, path } = {
      cleanUrls: true,
      relativePath: 'guides/page.md',
      path: 'docs/guides/page.md',
    }
    const html = md.render(`[link](${href})`, { cleanUrls, relativePath, path })
    expect(html).toContain(`href="${same}"`)
  })

  test('without an address of the repository, the text of such a link remains', async () => {
    const bare = await renderer(null)
    const text = 'a [link **to**](../../README.md), [b](plan.md), [c](../design) d'
    const html = render(bare, text)
    expect(html.match(/<a /g)).toHaveLength(1)
    expect(html.replace(/<\/?a[^>]*>/g, '')).toContain('a link <strong>to</strong>, b, c d')
    md = await renderer(REPOSITORY)
  })
})

describe('text that a Vue template would take for its own', () => {
  test.each([
    ['braces', 'a {{ x }} b', 'a &#123;&#123; x }} b'],
    ['braces in code', '`{{ x }}`', '&#123;&#123; x }}'],
    ['braces at the end of a line', 'a {x=1}', 'a &#123;x=1}</p>'],
    ['a word in angle brackets', 'run <scenario> now', 'run &lt;scenario&gt; now'],
    ['such a word at the start', '<scenario> **now**', '&lt;scenario&gt; <strong>now</strong>'],
    ['such a word in a table', '| a |\n|---|\n| <x-y> |\n', '<td>&lt;x-y&gt;</td>'],
    ['a script', '<script setup>\nx()\n</script>', '&lt;script setup&gt;'],
    ['a style', 'a <style>b', '&lt;style&gt;b'],
    ['a component', '<Content />', '&lt;Content /&gt;'],
    ['a smiley', ':) and :tada: and 8:100:', ':) and :tada: and 8:100:'],
    ['names of files', 'see audit.md', 'see audit.md</p>'],
    ['a comparison', 'if a<b and b<c', 'if a&lt;b and b&lt;c'],
  ])('%s: %j', async (_, text, html) => {
    expect(render(md, text)).toContain(html)
  })

  test.each([
    ['- <a id="term"></a>**Term**: text', '<a id="term"></a><strong>Term</strong>'],
    ['a<br>b, x<sub>1</sub>', 'a<br>b, x<sub>1</sub>'],
    ['<https://example.org/a>', '<a href="https://example.org/a"'],
    ['<!-- a\n\nb -->\n\n**c**', '<!-- a\n\nb -->\n<p><strong>c</strong>'],
    [
      '<details>\n<summary>More</summary>\n\n**a**\n\n</details>\n',
      '<details>\n<summary>More</summary>\n<p><strong>a</strong></p>\n</details>',
    ],
  ])('%j is kept', async (text, html) => {
    expect(render(md, text)).toContain(html)
  })
})

test('a marked place in a heading stands before it, so that the heading is text', () => {
  const html = render(md, '## <a id="x"></a>`models.NAME`, a `kind`\n')
  expect(html).toMatch(/^<a id="x"><\/a>\n<h2 id="modelsname-a-kind"[^>]*><code>models.NAME/)
  expect(html).toContain('aria-label="Permalink to &quot;models.NAME, a kind&quot;"')
})

describe('blocks of code', () => {
  test.each(['console', 'console live', 'console slow'])('%s is a shell session', async (info) => {
    const html = render(md, `\`\`\`${info}\n$ spillway simulate {{ x }}\nPASS <b>\n\`\`\`\n`)
    expect(html).toContain('<span class="lang">console</span>')
    // the command is bold, its output is not
    expect(html).toMatch(/<pre class="shiki[^>]*v-pre/)
    expect(html).toMatch(/<span style="[^"]*font-weight:bold[^"]*"> spillway simulate {{ x }}/)
    expect(html).toMatch(/&#x3C;b>|&lt;b&gt;/)
  })

  test('code in a sentence may break after a comma', async () => {
    expect(render(md, '`{"a":1,"b":[2, 3]}`')).toContain(',<wbr>&quot;b&quot;:[2, 3]')
  })

  test('an indented block scrolls in its box like the others', () => {
    expect(render(md, '    a = {{ b }}\n')).toMatch(
      /<div class="language-text[\s\S]*<pre [^>]*v-pre/,
    )
  })

  test('the name of a file is the label of its block', async () => {
    const html = render(md, '```yaml mine.yaml\nspillway: 1\n```\n')
    expect(html).toContain('<span class="lang">mine.yaml</span>')
    expect(html).toMatch(/<span style="[^"]*">spillway/)
  })
})
