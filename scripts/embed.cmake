# Writes OUT, a C++ file that holds each of FILES as a string constant, by file name: the function embedded_files() that HEADER
# declares in NAMESPACE. Raw string literals are cut at 8,000 bytes: compilers limit a literal, adjacent ones are joined.
# A file is ASCII, so that no cut falls into a character.
set(body "// Made by scripts/embed.cmake. Do not edit.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\nconstexpr EmbeddedFile kFiles[] = {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(LENGTH "${text}" length)
  set(literal "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND literal "R\"~(${piece})~\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND body "{\"${name}\",\n${literal}},\n")
endforeach()
string(APPEND body "};\n}  // namespace\nstd::span<const EmbeddedFile> embedded_files() { return kFiles; }\n}  // namespace ${NAMESPACE}\n")
file(WRITE ${OUT} "${body}")
