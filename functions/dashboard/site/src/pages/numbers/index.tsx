import { Page } from '../../shell'
import { useWords } from '../../words'

export default function NumbersPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.numbers')}>{null}</Page>
}
