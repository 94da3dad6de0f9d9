import type { MarkdownOptions } from 'vitepress'
import { fileLabels } from './file-labels.ts'
import { githubSlug } from './headings.ts'
import { outsideLinks } from './outside-links.ts'
import { plainText } from './plain-text.ts'

/** Markdown as GitHub shows it, so that a page has one text in both places. */
export function markdownOptions(repository: string | null): MarkdownOptions {
  return {
    anchor: { slugify: githubSlug },
    // braces at the end of a line are text
    attrs: { disable: true },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    config(md) {
      md.disable('emoji')
      plainText(md)
      fileLabels(md)
      outsideLinks(md, repository)
    },
  }
}
