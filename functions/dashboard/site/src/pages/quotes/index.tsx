import { Page } from '../../shell'
import { useWords } from '../../words'

export default function QuotesPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.quotes')}>{null}</Page>
}
