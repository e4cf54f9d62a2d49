# Flags of our own code in every Release build: hardening, and the same bytes wherever the tree lies (docs/installing.md).
# _GLIBCXX_ASSERTIONS is left to the presets that check.
set(release_flags -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
  -ffile-prefix-map=${PROJECT_BINARY_DIR}=build -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
  list(APPEND release_flags -fcf-protection=full)
endif()
# With link time optimisation code is made by the link, so that it is told all of them.
set(release_link_flags -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
# Names that the compiler makes up are made from the name of the object, not by chance.
string(REPLACE "-o <OBJECT>" "-frandom-seed=<OBJECT> -o <OBJECT>" CMAKE_CXX_COMPILE_OBJECT "${CMAKE_CXX_COMPILE_OBJECT}")
