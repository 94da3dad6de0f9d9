import type { MarkdownOptions } from 'vitepress'
import { codeRules } from './code-rules.ts'
import { consoleLanguage } from './console-language.ts'
import { headingAnchors } from './heading-anchors.ts'
import { githubSlug } from './headings.ts'
import { outsideLinks } from './outside-links.ts'
import { plainText } from './plain-text.ts'

/** Markdown as GitHub shows it, so that a page has one text in both places. */
export function markdownOptions(repository: string | null): MarkdownOptions {
  return {
    anchor: { slugify: githubSlug },
    // braces at the end of a line are text
    attrs: { disable: true },
    shikiSetup: consoleLanguage,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(md) {
      md.disable('emoji')
      headingAnchors(md)
      plainText(md)
      codeRules(md)
      outsideLinks(md, repository)
    },
  }
}
