/// How the files of a package become documents.
package enum ExtractionRule: String, Codable, Sendable, CaseIterable {
  /// Each file is a document of Markdown: links keep their words, emphasis loses its marks.
  case markdown
  /// Novels kept as character vectors in R's lazy-load files (`.rdb`), a document a chapter.
  case rData = "r-data"
  /// SWORD modules of the kind zText, a document a chapter.
  case sword
  /// Each page is a document.
  case html
  /// Manual pages.
  case roff
  /// Each source file is a document, without its licence; no generated files, no tables of numbers.
  case code
  /// Dictionaries of the DICT protocol, cut at blank lines.
  case dict
  /// Metamath databases without their proofs, cut at blank lines.
  case metamath
  /// MEDLINE's XML: a document is the title and abstract of one article in English.
  case medline
  /// The JSON of the BYU chit-chat collection, a document a conversation.
  case chitchat
  /// Tables of news in zip files: title, subtitle and text of each row.
  case newsTable = "news-table"
  /// A table of film reviews, a document each row that comes from IMDb.
  case reviewTable = "review-table"
}
