import { Page } from '../../shell'
import { useWords } from '../../words'

export default function InteractionsPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.interactions')}>{null}</Page>
}
